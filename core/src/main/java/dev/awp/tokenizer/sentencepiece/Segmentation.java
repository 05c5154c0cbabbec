// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import java.util.List;

/** How a normalized text is cut into pieces. */
sealed interface Segmentation permits BytePairMerges, UnigramSegmentation {
  /** The pieces one after the other: together they are the text. */
  List<String> cut(String text);
}
