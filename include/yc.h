/* SPDX-License-Identifier: MIT */
#ifndef YC_H
#define YC_H

/* Everything public of libyc. Declares nothing itself. */
#include "yc/fail.h"
#include "yc/real.h"
#include "yc/mem.h"
#include "yc/rng.h"
#include "yc/pool.h"
#include "yc/watch.h"
#include "yc/group.h"
#include "yc/infile.h"
#include "yc/opt.h"
#include "yc/outfile.h"
#include "yc/record.h"
#include "yc/stream.h"
#include "yc/set.h"
#include "yc/half.h"
#include "yc/info.h"
#include "yc/kern.h"
#include "yc/kmeans.h"
#include "yc/layer.h"
#include "yc/net.h"
#include "yc/augment.h"
#include "yc/tiles.h"
#include "yc/decode.h"
#include "yc/data.h"
#include "yc/optimiser.h"
#include "yc/train.h"
#include "yc/eval.h"
#include "yc/dataset.h"
#include "yc/score.h"
#include "yc/select.h"
#include "yc/condense.h"
#include "yc/view.h"
#include "yc/plot.h"

#endif
