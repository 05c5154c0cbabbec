// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import dev.awp.config.Architecture;
import dev.awp.config.AttentionTemperature;
import dev.awp.rope.DynamicScaling;
import dev.awp.rope.LinearScaling;
import dev.awp.rope.Llama3Scaling;
import dev.awp.rope.LongRopeScaling;
import dev.awp.rope.ProportionalScaling;
import dev.awp.rope.RopeScaling;
import dev.awp.rope.RotatedPairs;
import dev.awp.rope.Rotation;
import dev.awp.rope.YarnScaling;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the rotary settings, which lie in three places: the top of config.json, rope_scaling, and
 * since transformers 5 rope_parameters, for some architectures one object for each kind of block.
 */
final class RopeReader {
  private static final String SCALING = "rope_scaling";
  private static final String PARAMETERS = "rope_parameters";
  private static final String GLOBAL = "full_attention";
  private static final String LOCAL = "sliding_attention";
  private static final String ORIGINAL_CONTEXT = "original_max_position_embeddings";

  /** What it is called, and what older files call it where there is no other. */
  private static final List<String> LONG_ROPE = List.of("longrope", "su", "yarn");

  private static final String INTERLEAVED = "rope_interleave";
  private static final String MSCALE_ALL = "mscale_all_dim";
  private static final String PROPORTIONAL = "proportional";
  private static final String PARTIAL = "partial_rotary_factor";
  private static final String TEMPERATURE = "llama_4_scaling_beta";

  private final ConfigObject root;
  private final Architecture architecture;
  private final ConfigObject settings;
  private final Optional<Double> nestedLocalTheta;

  RopeReader(ConfigObject root, Architecture architecture, KeyReview review) {
    this.root = root;
    this.architecture = architecture;
    // A file with both is read by the older name, as in transformers.
    String name = root.child(SCALING).node().isEmpty() ? PARAMETERS : SCALING;
    ConfigObject all = root.child(name);
    ConfigObject local = all.child(LOCAL);
    checkKinds(name, all);
    this.settings = all.has(GLOBAL) ? all.child(GLOBAL) : all;
    this.nestedLocalTheta =
        local.has("rope_theta") ? Optional.of(local.positive("rope_theta")) : Optional.empty();
    review.rotation(name, settings.node(), read(type(settings)));
    if (!local.node().isMissingNode() && !type(local).equals("default")) {
      throw local.fail(LOCAL + " has the rope scaling '%s'".formatted(type(local)));
    }
    review.rotation(name, local.node(), read("default"));
  }

  /** Where heads differ by the kind of block, their rotations are said for each kind, and there. */
  private void checkKinds(String name, ConfigObject all) {
    if (architecture.globalHeads().isEmpty()) {
      return;
    }
    if (!name.equals(PARAMETERS)) {
      throw root.fail(
          "%s is not supported for %s, only %s is"
              .formatted(name, architecture.name(), PARAMETERS));
    }
    for (String kind : List.of(GLOBAL, LOCAL)) {
      if (!all.child(kind).has("rope_theta")) {
        throw root.fail("%s.%s.rope_theta is missing".formatted(PARAMETERS, kind));
      }
    }
  }

  private String type(ConfigObject settings) {
    String type = settings.text("rope_type", settings.text("type", "default"));
    if (!architecture.longRopeAlone() || type.equals("default")) {
      return type;
    }
    if (!LONG_ROPE.contains(type)) {
      throw root.fail(
          "rope scaling '%s' is not supported for %s, only %s are"
              .formatted(type, architecture.name(), LONG_ROPE));
    }
    return LONG_ROPE.getFirst();
  }

  /** The settings that a kind of scaling depends on. */
  private List<String> read(String type) {
    List<String> read = new ArrayList<>(List.of("rope_type", "type", "rope_theta"));
    if (KnownKeys.isRead(architecture, PARTIAL)) {
      read.add(PARTIAL);
    }
    if (KnownKeys.isRead(architecture, TEMPERATURE)) {
      read.addAll(List.of(TEMPERATURE, ORIGINAL_CONTEXT, "max_position_embeddings"));
    }
    read.addAll(
        switch (type) {
          case "linear", "dynamic" -> List.of("factor");
          case PROPORTIONAL -> List.of("factor", PARTIAL);
          case "llama3" ->
              List.of("factor", "low_freq_factor", "high_freq_factor", ORIGINAL_CONTEXT);
          case "longrope", "su" ->
              List.of(
                  "factor", "short_factor", "long_factor", "attention_factor", ORIGINAL_CONTEXT);
          case "yarn" ->
              List.of(
                  "factor",
                  "beta_fast",
                  "beta_slow",
                  "truncate",
                  "attention_factor",
                  "mscale",
                  "mscale_all_dim",
                  ORIGINAL_CONTEXT);
          default -> List.of();
        });
    return read;
  }

  /**
   * What queries and keys are multiplied by where scaled positions sharpen the scores of latent
   * attention.
   */
  double scoreAmplitude() {
    boolean none =
        !architecture.latentAttention()
            || type(settings).equals("default")
            || !settings.has(MSCALE_ALL)
            || settings.node().path(MSCALE_ALL).asDouble(1) == 0;
    return none
        ? 1
        : YarnScaling.attentionFactor(settings.positive("factor"), settings.positive(MSCALE_ALL));
  }

  /** What queries are multiplied by, which stands among the rotary settings. */
  Optional<AttentionTemperature> temperature(int maxPositions) {
    boolean none =
        !KnownKeys.isRead(architecture, TEMPERATURE)
            || KnownKeys.isNeutral(TEMPERATURE, settings.node().path(TEMPERATURE));
    return none
        ? Optional.empty()
        : Optional.of(
            new AttentionTemperature(
                settings.positive(TEMPERATURE), originalContext(maxPositions), 0));
  }

  Rotation rotation(int headDimension, int maxPositions) {
    double theta = settings.positiveOr("rope_theta", root.positiveOr("rope_theta", 10000));
    int dimension =
        type(settings).equals(PROPORTIONAL)
            ? headDimension
            : (int) (headDimension * settings.positiveOr(PARTIAL, root.positiveOr(PARTIAL, 1)));
    if (dimension < 2 || dimension > headDimension || dimension % 2 != 0) {
      throw root.fail(
          "%s leaves %s of %s columns of a head to be rotated, no even number of them"
              .formatted(PARTIAL, dimension, headDimension));
    }
    boolean apart =
        KnownKeys.isRead(architecture, INTERLEAVED)
            && root.has(INTERLEAVED)
            && !root.flag(INTERLEAVED);
    return new Rotation(
        theta,
        dimension,
        apart ? RotatedPairs.HALVES : architecture.rotatedPairs(),
        scaling(dimension, maxPositions));
  }

  /**
   * That of the blocks with a sliding window, where they have one of their own: without scaling.
   *
   * @param columns of their heads that are rotated
   */
  Optional<Rotation> localRotation(Rotation others, int columns) {
    return localTheta().map(theta -> others.unscaled(theta, columns));
  }

  private Optional<Double> localTheta() {
    if (nestedLocalTheta.isPresent()) {
      return nestedLocalTheta;
    }
    return root.has("rope_local_base_freq")
        ? Optional.of(root.positive("rope_local_base_freq"))
        : Optional.empty();
  }

  private Optional<RopeScaling> scaling(int dimension, int maxPositions) {
    String type = type(settings);
    return switch (type) {
      case "default" -> Optional.empty();
      case "linear" -> Optional.of(new LinearScaling(settings.positive("factor")));
      case "dynamic" -> Optional.of(dynamic(dimension, maxPositions));
      case "llama3" ->
          Optional.of(
              new Llama3Scaling(
                  settings.positive("factor"),
                  settings.positive("low_freq_factor"),
                  settings.positive("high_freq_factor"),
                  originalContext(maxPositions)));
      case "longrope", "su" -> Optional.of(longRope(dimension / 2, maxPositions));
      case "yarn" -> Optional.of(yarn(maxPositions));
      case PROPORTIONAL -> Optional.of(proportional(dimension));
      default ->
          throw root.fail(
              "rope scaling '%s' is not supported, only %s"
                  .formatted(
                      type,
                      List.of(
                          "default",
                          "linear",
                          "dynamic",
                          "llama3",
                          "longrope",
                          "yarn",
                          PROPORTIONAL)));
    };
  }

  private int originalContext(int maxPositions) {
    ConfigObject place = root.has(ORIGINAL_CONTEXT) ? root : settings;
    return place.integerOr(ORIGINAL_CONTEXT, maxPositions, Integer.MAX_VALUE);
  }

  /** modeling_rope_utils.py, _compute_proportional_rope_parameters. */
  private ProportionalScaling proportional(int dimension) {
    double share = settings.positiveOr(PARTIAL, 1);
    if (share > 1) {
      throw settings.fail("%s %s is above 1".formatted(PARTIAL, settings.node().path(PARTIAL)));
    }
    return new ProportionalScaling((int) (share * dimension / 2), settings.positiveOr("factor", 1));
  }

  /** modeling_rope_utils.py, _compute_dynamic_ntk_parameters. */
  private DynamicScaling dynamic(int dimension, int maxPositions) {
    double factor = settings.positive("factor");
    if (factor < 1 || dimension < 4) {
      throw settings.fail(
          "rope scaling 'dynamic' needs a factor of at least 1 and four rotated columns, not %s and %s"
              .formatted(settings.node().path("factor"), dimension));
    }
    return new DynamicScaling(factor, maxPositions);
  }

  /** modeling_rope_utils.py, _compute_longrope_parameters. */
  private LongRopeScaling longRope(int pairs, int maxPositions) {
    int original = originalContext(maxPositions);
    double factor = settings.positiveOr("factor", (double) maxPositions / original);
    double amplitude =
        factor > 1 && original > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(original)) : 1;
    return new LongRopeScaling(
        settings.positives("short_factor", pairs),
        settings.positives("long_factor", pairs),
        original,
        settings.positiveOr("attention_factor", amplitude));
  }

  /** modeling_rope_utils.py, _compute_yarn_parameters. */
  private YarnScaling yarn(int maxPositions) {
    int original = originalContext(maxPositions);
    double factor = settings.positiveOr("factor", (double) maxPositions / original);
    double own =
        settings.has("mscale") && settings.has(MSCALE_ALL)
            ? amplitude(factor, "mscale") / amplitude(factor, MSCALE_ALL)
            : YarnScaling.usualAttentionFactor(factor);
    return new YarnScaling(
        factor,
        original,
        settings.positiveOr("beta_fast", YarnScaling.BETA_FAST),
        settings.positiveOr("beta_slow", YarnScaling.BETA_SLOW),
        !settings.has("truncate") || settings.flag("truncate"),
        settings.positiveOr("attention_factor", own));
  }

  private double amplitude(double factor, String key) {
    return YarnScaling.attentionFactor(factor, settings.positive(key));
  }
}
