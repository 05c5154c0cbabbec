// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.format.OutputFormat;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.recipe.Choice;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How many columns share a scale where nothing is said. Most packed formats have no room for a
 * shorter last group, and not all models have widths that are multiples of the usual size.
 */
public final class GroupSizes {
  /** What readers have fast paths for. */
  private static final List<Integer> USUAL = List.of(LayerSettings.GROUP_SIZE, 64, 32);

  private GroupSizes() {}

  /**
   * The recipe with a number of columns: the usual one, or where a format needs whole groups the
   * largest that divides the widths of all layers with such groups.
   */
  public static Recipe settle(Recipe recipe, List<OutputFormat> formats, ModelLayout layout) {
    if (recipe.defaults().groupSize() != LayerSettings.BY_WIDTH) {
      return recipe;
    }
    List<Integer> widths =
        formats.stream().anyMatch(OutputFormat::needsWholeGroups)
            ? widths(recipe, layout)
            : List.of();
    int size =
        USUAL.stream()
            .filter(usual -> widths.stream().allMatch(width -> width % usual == 0))
            .findFirst()
            .orElse(LayerSettings.GROUP_SIZE);
    return recipe.withDefaults(recipe.defaults().toBuilder().groupSize(size).build());
  }

  private static List<Integer> widths(Recipe recipe, ModelLayout layout) {
    List<LinearLayer> layers = new ArrayList<>(layout.linears());
    layout.head().filter(_ -> recipe.head()).ifPresent(layers::add);
    return recipe.settle(layers, layout.config().layers()).entrySet().stream()
        .filter(entry -> !entry.getValue().ignore())
        .filter(entry -> !(entry.getValue().bits() instanceof Choice.None))
        .filter(entry -> entry.getValue().groupSize() == LayerSettings.BY_WIDTH)
        .map(entry -> entry.getKey().columns())
        .distinct()
        .toList();
  }

  /** A sentence where the size is not the usual one. */
  public static Optional<String> warning(Recipe asked, Recipe settled, ModelLayout layout) {
    int size = settled.defaults().groupSize();
    if (asked.defaults().groupSize() != LayerSettings.BY_WIDTH
        || size == LayerSettings.GROUP_SIZE) {
      return Optional.empty();
    }
    String widths =
        widths(asked, layout).stream()
            .filter(width -> width % LayerSettings.GROUP_SIZE != 0)
            .map(String::valueOf)
            .collect(Collectors.joining(", "));
    return Optional.of(
        "groups have %s columns: layers of %s have no whole groups of %s (--group-size says otherwise)"
            .formatted(size, widths, LayerSettings.GROUP_SIZE));
  }
}
