// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import dev.awp.config.LinearScaling;
import dev.awp.config.Llama3Scaling;
import dev.awp.config.LongRopeScaling;
import dev.awp.config.RopeScaling;
import dev.awp.config.Rotation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the rotary settings, which lie in three places: the top of config.json, rope_scaling, and
 * since transformers 5 rope_parameters, for Gemma 3 one object for each kind of block.
 */
final class RopeReader {
  private static final String SCALING = "rope_scaling";
  private static final String ORIGINAL_CONTEXT = "original_max_position_embeddings";

  private final ConfigObject root;
  private final ConfigObject settings;
  private final Optional<Double> nestedLocalTheta;

  RopeReader(ConfigObject root, KeyReview review) {
    this.root = root;
    // A file with both is read by the older name, as in transformers.
    String name = root.child(SCALING).node().isEmpty() ? "rope_parameters" : SCALING;
    ConfigObject all = root.child(name);
    ConfigObject local = all.child("sliding_attention");
    this.settings = all.has("full_attention") ? all.child("full_attention") : all;
    this.nestedLocalTheta =
        local.has("rope_theta") ? Optional.of(local.positive("rope_theta")) : Optional.empty();
    review.rotation(name, settings.node(), read(type(settings)));
    review.rotation(name, local.node(), read("default"));
  }

  private static String type(ConfigObject settings) {
    return settings.text("rope_type", settings.text("type", "default"));
  }

  /** The settings that a kind of scaling depends on. */
  private static List<String> read(String type) {
    List<String> read = new ArrayList<>(List.of("rope_type", "type", "rope_theta"));
    read.addAll(
        switch (type) {
          case "linear" -> List.of("factor");
          case "llama3" ->
              List.of("factor", "low_freq_factor", "high_freq_factor", ORIGINAL_CONTEXT);
          case "longrope", "su" ->
              List.of(
                  "factor", "short_factor", "long_factor", "attention_factor", ORIGINAL_CONTEXT);
          default -> List.of();
        });
    return read;
  }

  Rotation rotation(int headDimension, int maxPositions) {
    double theta = settings.positiveOr("rope_theta", root.positiveOr("rope_theta", 10000));
    return new Rotation(theta, scaling(headDimension, maxPositions));
  }

  /**
   * That of the blocks with a sliding window, where they have one of their own: without scaling.
   */
  Optional<Rotation> localRotation() {
    return localTheta().map(theta -> new Rotation(theta, Optional.empty()));
  }

  private Optional<Double> localTheta() {
    if (nestedLocalTheta.isPresent()) {
      return nestedLocalTheta;
    }
    return root.has("rope_local_base_freq")
        ? Optional.of(root.positive("rope_local_base_freq"))
        : Optional.empty();
  }

  private Optional<RopeScaling> scaling(int headDimension, int maxPositions) {
    String type = type(settings);
    return switch (type) {
      case "default" -> Optional.empty();
      case "linear" -> Optional.of(new LinearScaling(settings.positive("factor")));
      case "llama3" ->
          Optional.of(
              new Llama3Scaling(
                  settings.positive("factor"),
                  settings.positive("low_freq_factor"),
                  settings.positive("high_freq_factor"),
                  settings.integer(ORIGINAL_CONTEXT, Integer.MAX_VALUE)));
      case "longrope", "su" -> Optional.of(longRope(headDimension / 2, maxPositions));
      default ->
          throw root.fail(
              "rope scaling '%s' is not supported, only %s"
                  .formatted(type, List.of("default", "linear", "llama3", "longrope")));
    };
  }

  /** modeling_rope_utils.py, _compute_longrope_parameters. */
  private LongRopeScaling longRope(int pairs, int maxPositions) {
    int original =
        (root.has(ORIGINAL_CONTEXT) ? root : settings).integer(ORIGINAL_CONTEXT, Integer.MAX_VALUE);
    double factor = settings.positiveOr("factor", (double) maxPositions / original);
    double amplitude =
        factor > 1 && original > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(original)) : 1;
    return new LongRopeScaling(
        settings.positives("short_factor", pairs),
        settings.positives("long_factor", pairs),
        original,
        settings.positiveOr("attention_factor", amplitude));
  }
}
