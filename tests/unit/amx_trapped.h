/* SPDX-License-Identifier: MIT */
/*
 * Runs the instructions of lib/kern/amx_ops.h, as compilers and assemblers have written
 * them, on a processor that does not know them: each is trapped, decoded as Intel's manual
 * says, and done by amx_emulated.h.
 */
#ifndef AMX_TRAPPED_H
#define AMX_TRAPPED_H

#include <cpuid.h>
#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

/* The memory operand behind `modrm`: where it begins, what stands in its index register,
 * scaled, and the bytes of the instruction that it takes. */
struct trapped_memory {
	uintptr_t base, index;
	int bytes;
};

static struct trapped_memory trapped_memory(
	const greg_t *r, const uint8_t *modrm, bool high_base, bool high_index)
{
	static const int reg[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
		REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13,
		REG_R14, REG_R15};
	const int mod = modrm[0] >> 6, rm = modrm[0] & 7;
	const bool sib = rm == 4;
	struct trapped_memory m = {0, 0, 1 + sib};
	const int base = sib ? modrm[1] & 7 : rm;

	if (mod == 3 || (mod == 0 && base == 5))
		fail_msg("an operand that amx_ops.h does not have");
	m.base = (uintptr_t)r[reg[base + 8 * high_base]];
	if (sib)
		m.index = (uintptr_t)r[reg[(modrm[1] >> 3 & 7) + 8 * high_index]]
			  << (modrm[1] >> 6);
	if (mod == 1) {
		m.base += (uintptr_t)(int8_t)modrm[m.bytes];
		m.bytes += 1;
	} else if (mod == 2) {
		int32_t disp;

		memcpy(&disp, modrm + m.bytes, sizeof disp);
		m.base += (uintptr_t)disp;
		m.bytes += 4;
	}
	return m;
}

static void trapped(int sig, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *code = (const uint8_t *)r[REG_RIP], *modrm = code + 4;
	enum { NONE, P66, PF3, PF2 };
	const int prefix = code[2] & 3, op = code[3], reg = modrm[0] >> 3 & 7,
		  rm = modrm[0] & 7, third = 15 - (code[2] >> 3 & 15);
	struct trapped_memory m = {.bytes = 1};

	(void)sig;
	(void)info;
	/* three bytes of prefix, map 0F38, W and L zero */
	if (code[0] != 0xc4 || (code[1] & 31) != 2 || (code[2] & 0x84))
		fail_msg("not an instruction of tiles: %02x %02x %02x", code[0], code[1],
			code[2]);
	if (op == 0x4b || (op == 0x49 && prefix == NONE && modrm[0] != 0xc0))
		m = trapped_memory(r, modrm, !(code[1] & 32), !(code[1] & 64));
	if (op == 0x49 && prefix == NONE && modrm[0] == 0xc0)
		tiles_release();
	else if (op == 0x49 && prefix == NONE && reg == 0)
		tiles_configure((const struct tile_config *)m.base);
	else if (op == 0x49 && prefix == PF2 && modrm[0] >> 6 == 3 && rm == 0)
		emulate_zero(reg);
	else if (op == 0x4b && prefix == PF2 && rm == 4)
		emulate_load(reg, (const void *)m.base, m.index);
	else if (op == 0x4b && prefix == PF3 && rm == 4)
		emulate_store(reg, (void *)m.base, m.index);
	else if (op == 0x5c && prefix == PF3 && modrm[0] >> 6 == 3)
		emulate_dot(reg, rm, third);
	else
		fail_msg("not an instruction of tiles: %02x %02x", op, modrm[0]);
	r[REG_RIP] += 4 + m.bytes;
}

/* Whether this processor has all that kern_amx.o needs but tiles. */
static bool lacks_only_tiles(void)
{
	unsigned a, b, c, d, tiles;

	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	       __get_cpuid_count(7, 0, &a, &b, &c, &tiles) && !(tiles >> 24 & 1) &&
	       __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 5 & 1);
}

static void trap_tiles(struct sigaction *before)
{
	struct sigaction to = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO};

	assert_int_equal(sigaction(SIGILL, &to, before), 0);
}

#endif
