// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import static java.util.stream.Collectors.joining;

import dev.awp.calibration.ActivationStore;
import dev.awp.compress.BlockMoments.Stream;
import dev.awp.model.DecoderBlock;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.TransformerModel;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which experts of a block see too few of the calibration's tokens for statistics of their own. A
 * site of n inputs needs n tokens: below, C cannot have full rank, and the solver would fit what
 * those few happened to be. Such a site is calibrated as if every token were routed to its expert.
 */
final class ExpertCoverage {
  private static final Logger LOG = LoggerFactory.getLogger(ExpertCoverage.class);

  private ExpertCoverage() {}

  /**
   * The sites with too few tokens, told in one warning; none where the block has no experts.
   *
   * @param layers those that are compressed
   * @param activations on their way into the block; they are left alone
   * @param what the block, for the warning
   */
  static Set<InputSite> starved(
      DecoderBlock block, List<LinearLayer> layers, ActivationStore activations, String what) {
    long[] routed = routed(block, activations);
    Set<InputSite> starved = new TreeSet<>();
    for (LinearLayer linear : layers) {
      InputSite site = linear.site();
      if (site.ofExpert() && routed[site.expert()] < linear.columns()) {
        starved.add(site);
      }
    }
    if (!starved.isEmpty()) {
      LOG.warn(
          "{}: too few tokens for statistics of their own, calibrated on all tokens: {}",
          what,
          starved.stream()
              .map(InputSite::expert)
              .distinct()
              .map(expert -> "expert %d (%d)".formatted(expert, routed[expert]))
              .collect(joining(", ")));
    }
    return starved;
  }

  /**
   * The same for a model's block, which is decoded where it has experts only.
   *
   * @param index of the block; what lies behind the last one has no experts
   */
  static Set<InputSite> starved(
      TransformerModel model,
      int index,
      List<LinearLayer> layers,
      ActivationStore activations,
      CompressionListener listener) {
    if (layers.stream().noneMatch(layer -> layer.site().ofExpert())) {
      return Set.of();
    }
    listener.step("block " + (index + 1) + ": routing");
    try (Arena arena = Arena.ofShared()) {
      DecoderBlock block = model.block(index, arena);
      return starved(block, layers, activations, model.layout().prefix(index));
    }
  }

  private static long[] routed(DecoderBlock block, ActivationStore activations) {
    Matrix states = activations.states();
    if (!block.hasExperts()) {
      return new long[0];
    }
    int rows = Math.min(states.rows(), DecoderBlock.chunkRows(activations.length()));
    Stream stream = new Stream(states, false);
    long[] all = new long[0];
    try (Arena arena = Arena.ofShared()) {
      Matrix copy = Matrix.allocate(arena, rows, states.columns());
      for (int from = 0; from < states.rows(); from += rows) {
        long[] chunk =
            block.routedTokens(BlockMoments.chunk(stream, from, copy), activations.length());
        all = all.length == 0 ? new long[chunk.length] : all;
        for (int e = 0; e < chunk.length; e++) {
          all[e] += chunk[e];
        }
      }
    }
    return all;
  }
}
