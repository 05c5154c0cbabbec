// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.config.ClampedGate;
import dev.awp.config.ExpertConfig;
import dev.awp.config.ExpertRule;
import dev.awp.config.Routing;
import dev.awp.config.RoutingRule;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** Reads the settings of a mixture of experts, by the rule of its architecture. */
record ExpertReader(ConfigObject root, int layers, int largestWidth, int largestCount) {
  /** The experts of every block, where it has any. */
  List<Optional<ExpertConfig>> ofBlocks(Optional<ExpertRule> rule) {
    Optional<ExpertConfig> experts =
        rule.filter(own -> own.flagKey().map(root::flag).orElse(true))
            .filter(own -> !own.mayBeNone() || count(countKey(own)) > 0)
            .map(this::read);
    Set<Integer> dense = rule.map(this::denseBlocks).orElse(Set.of());
    int leading = rule.flatMap(ExpertRule::leadingDenseKey).map(this::count).orElse(0);
    return IntStream.range(0, layers)
        .mapToObj(block -> experts.filter(_ -> block >= leading && !dense.contains(block)))
        .toList();
  }

  private ExpertConfig read(ExpertRule rule) {
    int count = root.integer(countKey(rule), largestCount);
    int width = root.integer(rule.widthKey(), largestWidth);
    ExpertConfig experts =
        new ExpertConfig(
            count,
            root.integer(rule.perTokenKey(), largestCount),
            width,
            sharedWidth(rule, width),
            rule.bias(),
            clamped(),
            rule.sharedGated(),
            routing(rule, count));
    if (experts.perToken() > experts.count()) {
      throw root.fail(
          "%s %s is more than the %s experts"
              .formatted(rule.perTokenKey(), experts.perToken(), experts.count()));
    }
    return experts;
  }

  private String countKey(ExpertRule rule) {
    return rule.countKeys().stream()
        .filter(root::has)
        .findFirst()
        .orElse(rule.countKeys().getLast());
  }

  private OptionalInt sharedWidth(ExpertRule rule, int width) {
    if (rule.sharedCountKey().isPresent()) {
      int times = count(rule.sharedCountKey().get());
      if ((long) times * width > largestWidth) {
        throw root.fail(rule.sharedCountKey().get() + " x " + rule.widthKey() + " is too large");
      }
      return times == 0 ? OptionalInt.empty() : OptionalInt.of(times * width);
    }
    return rule.sharedWidthKey().stream()
        .mapToInt(key -> root.integer(key, largestWidth))
        .findFirst();
  }

  /** An integer that may be 0, and is where nothing is said. */
  private int count(String key) {
    return root.integerOrZero(key, largestCount);
  }

  private Routing routing(ExpertRule rule, int experts) {
    boolean normalized = rule.normalizedKey().map(root::flag).orElse(true);
    if (rule.routing() == RoutingRule.SOFTMAX) {
      return Routing.softmax(normalized);
    }
    if (rule.routing() == RoutingRule.SIGMOID_INPUTS) {
      return Routing.sigmoidOfInputs();
    }
    boolean sigmoid = rule.routing() == RoutingRule.SIGMOID_GROUPS;
    String scores = root.text("scoring_func", "sigmoid");
    if (sigmoid && !scores.equals("sigmoid")) {
      throw root.fail("scoring_func '%s' is not supported, only sigmoid is".formatted(scores));
    }
    boolean grouped = sigmoid || isGrouped();
    int groups = grouped ? root.integerOr("n_group", 1, largestCount) : 1;
    int chosen = grouped ? root.integerOr("topk_group", 1, largestCount) : 1;
    if (experts % groups != 0 || chosen > groups || (sigmoid && experts / groups < 2)) {
      throw root.fail(
          "n_group %s with topk_group %s fit no %s experts".formatted(groups, chosen, experts));
    }
    if (root.integer(rule.perTokenKey(), largestCount) > experts / groups * chosen) {
      throw root.fail(
          "%s is more than the %s experts of the chosen groups"
              .formatted(rule.perTokenKey(), experts / groups * chosen));
    }
    return new Routing(
        sigmoid ? Routing.Scoring.SIGMOID : Routing.Scoring.SOFTMAX,
        sigmoid,
        groups,
        chosen,
        sigmoid ? Routing.GroupScore.TWO_LARGEST : Routing.GroupScore.LARGEST,
        sigmoid && normalized,
        (float) root.positiveOr("routed_scaling_factor", 1),
        false);
  }

  private boolean isGrouped() {
    String method = root.text("topk_method", "greedy");
    return switch (method) {
      case "greedy" -> false;
      case "group_limited_greedy" -> true;
      default ->
          throw root.fail(
              "topk_method '%s' is not supported, only greedy and group_limited_greedy are"
                  .formatted(method));
    };
  }

  private Optional<ClampedGate> clamped() {
    return root.has(ExpertRule.LIMIT_KEY)
        ? Optional.of(
            new ClampedGate(
                (float) root.positive(ExpertRule.ALPHA_KEY),
                (float) root.positive(ExpertRule.LIMIT_KEY)))
        : Optional.empty();
  }

  private Set<Integer> denseBlocks(ExpertRule rule) {
    Set<Integer> dense = new HashSet<>();
    Optional<String> listed = rule.expertListKey().filter(root::has);
    if (listed.isPresent()) {
      Set<Integer> withExperts = blocks(listed.get());
      IntStream.range(0, layers).filter(b -> !withExperts.contains(b)).forEach(dense::add);
    } else if (rule.stepKey().isPresent()) {
      int step = root.integer(rule.stepKey().get(), Integer.MAX_VALUE);
      IntStream.range(0, layers).filter(block -> (block + 1) % step != 0).forEach(dense::add);
    }
    rule.denseListKey().ifPresent(key -> dense.addAll(blocks(key)));
    return dense;
  }

  private Set<Integer> blocks(String key) {
    Set<Integer> blocks = new HashSet<>();
    for (JsonNode block : root.node().path(key)) {
      blocks.add(block.asInt(-1));
    }
    return blocks;
  }
}
