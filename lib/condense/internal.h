/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_INTERNAL_H
#define CONDENSE_INTERNAL_H

/*
 * Building blocks of condensation methods; private to lib/condense and its tests.
 */

#include "lib/condense/driver.h"
#include "yc/augment.h"
#include "yc/decode.h"
#include "yc/mem.h"
#include "yc/net.h"
#include "yc/train.h"

/* ---- sampler.c: yc-methods(7), "Class sampler" ---- */

/* For each class that has images a position in a random permutation of its images. The
 * others do not exist for a run: class c of everything here is the class label[c] of the
 * data. */
struct yc_sampler {
	int classes;	 /* with images */
	int32_t *label;	 /* [classes] ascending */
	size_t n;	 /* images of all classes */
	int32_t *member; /* [n] indices into the data, grouped by class, in data order */
	int32_t *first;	 /* [classes+1] begin of each class in member and perm */
	int32_t *perm;	 /* [n] permutation of each class, 0-based inside the class */
	int32_t *at;	 /* [classes] next position in it */
	uint64_t *pos;	 /* [classes] position of its random stream real-batch[c] */
	struct yc_rng root;
};

int yc_sampler_new(struct yc_sampler *w, const struct yc_data *data,
	const struct yc_rng *root) YC_CHECKED;
void yc_sampler_release(struct yc_sampler *w);
static inline int yc_sampler_count(const struct yc_sampler *w, int c)
{
	return w->first[c + 1] - w->first[c];
}
/* YC_FAIL naming the first class with fewer than n images, and `why` n are needed. */
int yc_sampler_need(const struct yc_sampler *w, uint64_t n, const char *why) YC_CHECKED;
/* The next n images of class c, or all of a smaller class: indices into the data. Returns
 * how many. */
int yc_sampler_next(struct yc_sampler *w, int c, int n, int32_t *idx);
/* Registers its state with a run. */
void yc_sampler_keep(struct yc_sampler *w, struct yc_run *run);
/* Makes it the same on all ranks; classes are the parts of the run. */
void yc_sampler_share(struct yc_sampler *w, struct yc_run *run);

/* ---- kept_trainer.c ---- */

/* What a run registers of a training, besides the number of its steps. */
struct yc_kept_trainer {
	struct yc_trainer *trainer;
	/* Position in its permutation, and those of its random streams, batch,
	 * augmentation and mixing. */
	uint64_t at, draws[3];
};

/* Registers it. lacks: a checkpoint may be without it (yc_run_may_lack); NULL: not. */
void yc_kept_trainer_keep(
	struct yc_kept_trainer *k, struct yc_trainer *t, struct yc_run *run, bool *lacks);
/* After each step of the training. */
void yc_kept_trainer_note(struct yc_kept_trainer *k);
/* For a function of yc_run_check: sets what was loaded in the trainer, if it is sane. */
int yc_kept_trainer_restore(struct yc_kept_trainer *k) YC_CHECKED;

/* ---- pretrained.c ---- */

/* Networks of a file, in memory. */
struct yc_pretrained {
	yc_real **w; /* [n] each [yc_net_size] */
	int n;
};

/* Reads all snapshots of all networks of *path, which are for `net` and the classes of the
 * job. Their digest goes to `digest` and replaces the path in history and checkpoint. The
 * caller releases them in any case. */
int yc_pretrained_read(struct yc_pretrained *p, const char **path,
	char digest[YC_DIGEST_TEXT], const struct yc_net *net,
	const struct yc_condense_job *job) YC_CHECKED;
/* The weights for iteration `it`. Stream: pretrained. */
const yc_real *yc_pretrained_draw(
	const struct yc_pretrained *p, const struct yc_rng *root, uint64_t it);
void yc_pretrained_release(struct yc_pretrained *p);

/* ---- cluster.c: yc-methods(7), "Representative batches" ---- */

struct yc_cluster_cfg {
	bool normalise;	      /* embed normalised images; else pixels in 0..1 (D47) */
	bool replace, reseed; /* of yc_kmeans_cfg (D32) */
};

struct yc_cluster {
	struct yc_cluster_cfg cfg;
	const struct yc_net *net;
	const struct yc_data *data;
	const struct yc_sampler *sampler;
	int threads;
	struct yc_exec *exec;
	yc_real *x;	/* a batch of images */
	yc_real *embed; /* [images of the largest class][embedding] */
};

int yc_cluster_new(struct yc_cluster *u, const struct yc_cluster_cfg *cfg,
	const struct yc_net *net, const struct yc_data *data,
	const struct yc_sampler *sampler, int threads) YC_CHECKED;
void yc_cluster_release(struct yc_cluster *u);
size_t yc_cluster_bytes(const struct yc_cluster *u, int k);
/* Embeds the first n images of class c, in the order of the sampler's members. */
void yc_cluster_embed(struct yc_cluster *u, const yc_real *w, int c, int n);
/* The images of class c nearest to the centres of k clusters of its embeddings, in the
 * order of the centres, k at most the size of the class: indices into the data, repeats
 * possible.
 */
int yc_cluster_choose(struct yc_cluster *u, const yc_real *w, int c, int k,
	struct yc_rng rng, int32_t *idx) YC_CHECKED;
/* To be timed: k clusters, or as many as possible, of n images of the first class. */
int yc_cluster_try(struct yc_cluster *u, const yc_real *w, int n, int k) YC_CHECKED;

/* ---- synthetic.c: the synthetic pixels ---- */

struct yc_synth_cfg {
	int classes, ipc, channels, side, factor;
	/* Labels of the classes [classes], of `labels` that there are; NULL: all. */
	const int32_t *label;
	int labels;
	enum yc_decode_type decode;
	int bound, syn_max;
	bool init_area; /* initial tiles are means over areas, not single pixels (D3) */
	bool class_momentum; /* momentum per class: other classes do not move (D4) */
	bool clamp;	     /* clamp the output to 0..1 (D5) */
};

struct yc_synth {
	struct yc_synth_cfg cfg;
	size_t pixels; /* of one stored image */
	size_t images; /* classes*ipc */
	yc_real *s,
		*b; /* [classes*ipc][channels][side][side]: pixels in 0..1, momentum */
	int ntiles; /* decoded images per class */
	struct yc_tile *tile; /* [ntiles] their tiles, the same for every class */
	int batch;	      /* size of a synthetic batch: min(ntiles, syn_max) */
};

int yc_synth_new(struct yc_synth *y, const struct yc_synth_cfg *cfg) YC_CHECKED;
void yc_synth_release(struct yc_synth *y);
static inline int yc_synth_label(const struct yc_synth *y, int c)
{
	return y->cfg.label ? y->cfg.label[c] : c;
}
/* Number of real images per class that an initialisation needs: into *n, 0 for noise.
 * YC_FAIL if a class has fewer. */
int yc_synth_init_needs(const struct yc_synth *y, const char *mode,
	const struct yc_sampler *w, int *n) YC_CHECKED;
/* Initialisations: the names for `mode`. */
extern const struct yc_method *const yc_inits[];
/* real [classes][n] are the images to take, indices into the data. Stream: init-syn. */
int yc_synth_init(struct yc_synth *y, const char *mode, const struct yc_data *data,
	const int32_t *real, const struct yc_rng *root) YC_CHECKED;
/* Copies the images of a condensed set of the same shape and classes, class by class in
 * its order; bytes become 0..1. Or puts them together from its tiles. With YC_SYNTH_FIRST the
 * set may have more: those that come first in each class are taken. */
enum yc_synth_take { YC_SYNTH_ALL, YC_SYNTH_FIRST };
int yc_synth_init_from(
	struct yc_synth *y, const struct yc_set *set, enum yc_synth_take take) YC_CHECKED;
/* Whether that can be done. */
int yc_synth_init_check(const struct yc_synth *y, const struct yc_set *set,
	enum yc_synth_take take) YC_CHECKED;
void yc_synth_clamp(struct yc_synth *y, int threads);
/* yc-methods(7), "Update of images": B = momentum*B + grad, S -= lr*B over the whole
 * tensor, or with class_momentum over class c; grad [ipc][pixels] is that of class c,
 * zero elsewhere. */
void yc_synth_step(struct yc_synth *y, int c, const yc_real *grad, double lr,
	double momentum, int threads);
/* What such a step of another class does to so many classes from c on. */
void yc_synth_coast(
	struct yc_synth *y, int c, int classes, double lr, double momentum, int threads);
/* Registers pixels and momentum with a run. */
void yc_synth_keep(struct yc_synth *y, struct yc_run *run);
/* Adds image, label and id to a set without columns. */
int yc_synth_store(const struct yc_synth *y, struct yc_set *out) YC_CHECKED;

/* ---- class_batch.c ---- */

/* Output of yc_class_batch_back: the gradient with respect to the stored pixels, or the
 * equivalent change of stored pixels for methods that take steps on normalised pixels. */
enum yc_pixel_units { YC_PIXELS_STORED, YC_PIXELS_NORMALISED };

/*
 * The input batch of real and synthetic images of a class, with common draws. Reads the
 * data and the pixels of its class, and writes only its own buffers: a process that owns
 * some classes needs only these. All memory is allocated at creation.
 */
struct yc_class_batch {
	const struct yc_data *data;
	const struct yc_synth *synth;
	const struct yc_aug *aug;
	int n_real, threads; /* n_real: at most */
	int real;	     /* real images of the class at hand */
	struct yc_arena arena;
	yc_real *x;    /* [n_real + synth->batch][side][side][channels] */
	yc_real *syn;  /* in it, behind the real images */
	yc_real *dx;   /* [synth->batch][side][side][channels] */
	yc_real *tmp;  /* [threads][side][side][channels] */
	yc_real *grad; /* [ipc][pixels]: the result */
	int32_t *idx;  /* [n_real] the real images, indices into the data */
	int32_t *pick; /* [synth->batch] the synthetic ones, tiles of synth */
	int32_t *perm; /* [synth->ntiles] */
	struct yc_aug_draw *draw;
	struct yc_aug_plan plan;
};

int yc_class_batch_new(struct yc_class_batch *b, const struct yc_data *data,
	const struct yc_synth *synth, const struct yc_aug *aug, int n_real,
	int threads) YC_CHECKED;
void yc_class_batch_release(struct yc_class_batch *b);
/* How many real images the next draw and fill have, up to n_real, as at first. */
void yc_class_batch_real(struct yc_class_batch *b, int real);
size_t yc_class_batch_bytes(const struct yc_class_batch *b);
/* Makes the draws of class step number `serial` of a run, into pick and plan. Streams
 * syn-subset[serial] and aug-shared[serial], so that the draws do not depend on where a
 * step runs.
 */
void yc_class_batch_draw(
	struct yc_class_batch *b, const struct yc_rng *root, uint64_t serial);
/* Fills x with the images idx and pick of class c. */
void yc_class_batch_fill(struct yc_class_batch *b, int c);
/* Backward from dx, the gradient with respect to syn, which is overwritten, to grad. */
void yc_class_batch_back(struct yc_class_batch *b, enum yc_pixel_units units);

/* Fills x with any n real images, for trials. */
void yc_class_batch_any(struct yc_class_batch *b, int n);

/* Normalises one image [side][side][channels] with pixels in 0..1, by the arithmetic of
 * yc_data_fetch: equal pixels become equal inputs. Where real images are whitened,
 * synthetic ones are stored so (condensers that know it), and it does nothing. */
void yc_class_batch_normalise(const struct yc_data *d, yc_real *x);
/* From the gradient with respect to that input to the step of the pixels, in place. */
void yc_class_batch_units(
	const struct yc_data *d, enum yc_pixel_units units, yc_real *dx);

/* ---- syn_batch.c ---- */

/*
 * An input batch of synthetic images alone, of all classes, each with draws of its own,
 * for methods that train networks on them. Decoded image k is tile k % ntiles of class
 * k / ntiles. All memory is allocated at creation.
 */
struct yc_syn_batch {
	const struct yc_data *data;
	const struct yc_synth *synth;
	const struct yc_aug *aug;
	int most, n, threads; /* images at most, and of the batch at hand */
	struct yc_arena arena;
	yc_real *x;	/* [most][side][side][channels] */
	yc_real *tmp;	/* [threads][side][side][channels] */
	int32_t *pick;	/* [most] decoded images, may be repeated */
	int32_t *image; /* [most] the stored images that they are tiles of */
	int32_t *label; /* [most] */
	struct yc_aug_draw *draw;
	struct yc_aug_plan plan;
};

int yc_syn_batch_new(struct yc_syn_batch *b, const struct yc_data *data,
	const struct yc_synth *synth, const struct yc_aug *aug, int most,
	int threads) YC_CHECKED;
void yc_syn_batch_release(struct yc_syn_batch *b); /* zero is fine */
size_t yc_syn_batch_bytes(const struct yc_syn_batch *b);
/* Number of decoded images that there are. */
static inline int yc_syn_batch_all(const struct yc_synth *y)
{
	return y->cfg.classes * y->ntiles;
}
/* Makes the batch of n decoded images; draws from the streams aug-image[serial] and
 * rrc[serial], so that it can be made again. */
void yc_syn_batch_fill(struct yc_syn_batch *b, const int32_t *pick, int n,
	const struct yc_rng *root, uint64_t serial);
/* Backward from dx [n][side][side][channels], the gradient with respect to x, which is
 * overwritten: adds to grad [images][pixels], that of the stored images. */
void yc_syn_batch_back(
	struct yc_syn_batch *b, yc_real *dx, enum yc_pixel_units units, yc_real *grad);

/* ---- init.c: the first synthetic images ---- */

/* Option --init-from, a part of a method's settings: the path of a condensed set. Reading
 * it replaces the path by the digest of the set, for history and checkpoint. */
struct yc_init_from {
	const char *file;
	char digest[YC_DIGEST_TEXT];
};

#define YC_INIT_FROM_ROW(type, field) \
	YC_OPT(type, field.file, .name = "init-from", .arg = "file", .unit = YC_READS, \
		.help = "start from the condensed images in this stream instead")

/* For `resolve`: *init, unless that or a set is given, is "tiles" if the images are condensed
 * ones of this factor, else `def`. To give both is an error, and so is "tiles" of others. */
int yc_init_resolve(const char **init, const struct yc_init_from *from, uint32_t factor,
	const struct yc_set *real, const char *def) YC_CHECKED;
/* The same for methods with YC_INIT_ROW; *factor, if that is not given, is that of condensed
 * images, else 1. */
int yc_init_resolve_whole(const char **init, const struct yc_init_from *from,
	uint32_t *factor, const struct yc_set *real, const char *def) YC_CHECKED;
#define YC_FACTOR_BY_SET "1, or that of a condensed set"
#define YC_INIT_ROW(type, field, INIT_HELP) \
	YC_OPT(type, field, .name = "init", .arg = "real|noise|tiles", \
		.unit = YC_CHOICE, \
		.auto_help = INIT_HELP ", or tiles of a condensed set", \
		.help = "start from real images drawn at random, from noise, or " \
			"from the first tiles or images of a condensed set")
/* Copies the images of the set to y. It must name its classes like the real images of the
 * job. Its head goes to *head, which the caller releases. */
int yc_init_from_file(struct yc_init_from *from, struct yc_synth *y,
	const struct yc_condense_job *job, struct yc_meta *head) YC_CHECKED;
/* For `result`: adds the history in that head, if a set was given. */
int yc_init_history(const struct yc_init_from *from, const struct yc_meta *head,
	struct yc_set *out) YC_CHECKED;

struct yc_init {
	const char *init; /* of yc_synth_init */
	bool random;	  /* draw the real images instead of the first ones (D2) */
	const struct yc_condense_job *job;
	const struct yc_sampler *sampler;
	struct yc_cluster *cluster; /* used if yc_init_clusters(init) */
	const yc_real *w;	    /* the first network, untrained */
	const struct yc_rng *root;
};

/* Whether an initialisation needs clusters. NULL: no. */
bool yc_init_clusters(const char *init);
/* Makes the images from the first real images of each class, from drawn ones, or from
 * those nearest to the centres of clusters, as embedded by the first network. Streams:
 * init-syn, init-real, kmeans-init. */
int yc_init_from_real(const struct yc_init *s, struct yc_synth *y) YC_CHECKED;

/* ---- images.c: common part of methods that update the images class by class ---- */

struct yc_images_cfg {
	struct yc_synth_cfg synth; /* values from the data and --ipc are filled in */
	const char *init;	   /* of yc_synth_init; NULL: see below */
	bool init_random;
	/* May be a set to begin with. NULL: if there is no `init` either, the method
	 * initialises the images. */
	struct yc_init_from *from;
	const char *aug; /* strategy */
	bool aug_all, aug_one;
};

/* Settings of methods that begin with --init real|noise|tiles and move all images of a class at
 * once. noise: the initialisation that noise stands for. from: may be NULL. */
struct yc_images_cfg yc_images_whole_classes(uint32_t factor, const char *init,
	struct yc_init_from *from, const char *noise, const char *aug, bool aug_all);

struct yc_images {
	const char *init;
	bool init_random;
	const struct yc_init_from *from;
	struct yc_meta from_head;
	struct yc_sampler sampler;
	struct yc_synth synth;
	struct yc_aug aug;
};

/* Whether images that are to be condensed are condensed ones themselves. */
bool yc_images_condensed(const struct yc_set *real);
/* The factor of these images, if they are condensed; 0: they are not, or it cannot be told by
 * the size of a tile. */
uint32_t yc_images_tiles(const struct yc_set *real);
/* For `resolve`: a batch takes the whole of a class that has fewer images; notes that, and
 * lowers n_real to the size of the largest class. */
int yc_images_n_real(const struct yc_condense_job *job, uint32_t *n_real) YC_CHECKED;
/* Allocates them for the data of the run, and registers them. The caller releases them in
 * any case. */
int yc_images_new(struct yc_images *m, struct yc_run *run,
	const struct yc_images_cfg *cfg) YC_CHECKED;
void yc_images_release(struct yc_images *m);
/* Makes images and sampler the same on all ranks; classes are the parts of the run. */
void yc_images_share(struct yc_images *m, struct yc_run *run);
/* Initialises the images, unless they are those of a set. cluster and w, a network: for
 * initialisations that need them. */
int yc_images_fresh(struct yc_images *m, const struct yc_run *run,
	struct yc_cluster *cluster, const yc_real *w) YC_CHECKED;
/* The images as a stream, with the history of the set that they began with. */
int yc_images_store(const struct yc_images *m, struct yc_set *out) YC_CHECKED;
/* What yc_net_new needs for the shape of the data. */
struct yc_net_cfg yc_images_net_cfg(const struct yc_run *run, const char *name,
	uint32_t width, uint32_t depth, const char *precision);
/* That network. */
int yc_images_net(struct yc_net **net, const struct yc_run *run, const char *name,
	uint32_t width, uint32_t depth, const char *precision) YC_CHECKED;

#endif
