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
 * What grids of integers are where nothing is said. How many columns share a scale: most packed
 * formats have no room for a shorter last group, and not all models have widths that are multiples
 * of the usual size. Whether there are zero points: not all readers take them.
 */
public final class GridDefaults {
  /** What readers have fast paths for. */
  private static final List<Integer> USUAL = List.of(LayerSettings.GROUP_SIZE, 64, 32);

  private final Recipe asked;
  private final List<OutputFormat> formats;
  private final List<Gridded> onGrids;
  private final List<Integer> widths;
  private final int groupSize;

  /** Settles them; AwpException for rules that do not fit the model. */
  public GridDefaults(Recipe asked, List<OutputFormat> formats, ModelLayout layout) {
    this.asked = asked;
    this.formats = formats;
    this.onGrids = onGrids(layout);
    this.widths =
        onGrids.stream()
            .filter(layer -> layer.settings().groupSize() == LayerSettings.BY_WIDTH)
            .map(layer -> layer.linear().columns())
            .distinct()
            .toList();
    this.groupSize = groupSize();
  }

  /** The recipe with all of it said. */
  public Recipe settled() {
    return asked.withDefaults(
        asked.defaults().toBuilder().groupSize(groupSize).symmetric(isSymmetric()).build());
  }

  /**
   * The number that is asked for, or the usual one, or where a format needs whole groups the
   * largest that divides the widths of all layers with such groups.
   */
  private int groupSize() {
    if (asked.defaults().groupSize() != LayerSettings.BY_WIDTH) {
      return asked.defaults().groupSize();
    }
    boolean whole = formats.stream().anyMatch(OutputFormat::needsWholeGroups);
    return USUAL.stream()
        .filter(usual -> !whole || widths.stream().allMatch(width -> width % usual == 0))
        .findFirst()
        .orElse(LayerSettings.GROUP_SIZE);
  }

  private boolean isSymmetric() {
    return asked.defaults().symmetric().orElse(symmetricFor().isPresent());
  }

  /** Why a format has no zero points where nothing is said. */
  private Optional<String> symmetricFor() {
    return formats.stream().flatMap(format -> format.symmetricFor().stream()).findFirst();
  }

  private record Gridded(LinearLayer linear, LayerSettings settings) {}

  /** The layers that are to lie on grids of integers. */
  private List<Gridded> onGrids(ModelLayout layout) {
    List<LinearLayer> layers = new ArrayList<>(layout.linears());
    layout.head().filter(_ -> asked.head()).ifPresent(layers::add);
    return asked.settle(layers, layout.config().layers()).entrySet().stream()
        .filter(entry -> !entry.getValue().ignore())
        .filter(entry -> !(entry.getValue().bits() instanceof Choice.None))
        .map(entry -> new Gridded(entry.getKey(), entry.getValue()))
        .toList();
  }

  /** A sentence for each default that is another than the usual one. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (asked.defaults().groupSize() == LayerSettings.BY_WIDTH
        && groupSize != LayerSettings.GROUP_SIZE) {
      String narrow =
          widths.stream()
              .filter(width -> width % LayerSettings.GROUP_SIZE != 0)
              .map(String::valueOf)
              .collect(Collectors.joining(", "));
      warnings.add(
          "groups have %s columns: layers of %s have no whole groups of %s (--group-size says otherwise)"
              .formatted(groupSize, narrow, LayerSettings.GROUP_SIZE));
    }
    symmetricFor()
        .filter(_ -> onGrids.stream().anyMatch(layer -> layer.settings().symmetric().isEmpty()))
        .map("grids are symmetric: %s (--no-symmetric says otherwise)"::formatted)
        .ifPresent(warnings::add);
    return warnings;
  }
}
