/* SPDX-License-Identifier: MIT */
#ifndef YC_FAIL_H
#define YC_FAIL_H

/*
 * How the library reports errors. A function that can fail returns YC_OK or one of
 * the negative values below and has recorded one line of text, without a newline and
 * without the name of a tool, that the caller reads with yc_errmsg(). The negated
 * value is the exit status of a tool. The library never prints and never exits.
 */
enum yc_status {
	YC_OK = 0,
	YC_FAIL = -1,  /* bad data, I/O, memory: exit 1 */
	YC_USAGE = -2, /* a wrong option or operand: exit 2 */
	YC_CUT = -3,   /* the input ends early or does not match its own count: exit 3 */
	YC_NO = -4     /* a check failed: exit 4 */
};

/* Marks functions whose result must be checked. */
#define YC_CHECKED __attribute__((warn_unused_result))

/* Records a message for this thread and returns `status`. A format that ends in ':'
 * gets the text of errno appended. Longer texts than 1023 bytes are cut; control
 * characters (from file names and hostile input) are replaced by '?'. */
int yc_fail(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "text: " in front of the message recorded last, to add file or record; returns
 * `status`, so that `return yc_fail_in(err, "%s", path)` reads well. */
int yc_fail_in(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The message recorded last in this thread, or "" . Valid until the next yc_fail. */
const char *yc_errmsg(void);

#endif
