// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import static java.util.stream.Collectors.joining;

import dev.awp.Progress;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.forward.TransformerModel;
import dev.awp.text.TokenWeights;
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
public final class ExpertCoverage {
  private static final Logger LOG = LoggerFactory.getLogger(ExpertCoverage.class);

  private ExpertCoverage() {}

  /**
   * The sites with too few tokens, told in one warning; none where there are no experts.
   *
   * @param index of the block; what lies behind the last one has no experts
   * @param layers those of a step that are compressed
   * @param activations on their way into the step
   */
  public static Set<InputSite> starved(
      TransformerModel model,
      int index,
      List<LinearLayer> layers,
      ActivationStore activations,
      Progress progress) {
    if (layers.stream().noneMatch(layer -> layer.site().ofExpert())) {
      return Set.of();
    }
    progress.step("block " + (index + 1) + ": routing");
    TokenWeights weights = activations.weights();
    long[] routed =
        model.routedTokens(index, activations.states(), token -> weights.get(token) > 0);
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
          model.layout().prefix(index),
          starved.stream()
              .map(InputSite::expert)
              .distinct()
              .map(expert -> "expert %s (%s)".formatted(expert, routed[expert]))
              .collect(joining(", ")));
    }
    return starved;
  }
}
