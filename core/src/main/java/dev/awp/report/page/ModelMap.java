// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.gguf.block.BlockType;
import dev.awp.report.LayerReport;
import dev.awp.report.StructureReport;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Where in a model a run did what: maps of its blocks across and the kinds of its layers down. */
public final class ModelMap {
  private final List<LayerReport> layers;
  private final List<String> kinds;
  private final List<Integer> blocks;

  ModelMap(List<LayerReport> layers) {
    this.layers = layers;
    this.kinds = List.copyOf(LayerPlace.byKind(layers).keySet());
    this.blocks =
        blocks(layers.stream().map(layer -> LayerPlace.of(layer.name()).block()).toList());
  }

  /** Every block up to the last, and behind them what is in none. */
  private static List<Integer> blocks(List<Integer> named) {
    TreeSet<Integer> distinct = new TreeSet<>(named);
    List<Integer> all = new ArrayList<>();
    for (int block = 0; !distinct.isEmpty() && block <= distinct.last(); block++) {
      all.add(block);
    }
    if (distinct.contains(-1)) {
      all.add(-1);
    }
    return all;
  }

  /** What columns of blocks are called. */
  private static List<String> names(List<Integer> blocks) {
    return blocks.stream().map(block -> block < 0 ? "ends" : block.toString()).toList();
  }

  /** What a block is called in a sentence; -1 stands for what is in none. */
  private static String name(int block) {
    return block < 0 ? "layers outside the blocks" : "block " + block;
  }

  /**
   * A row of a map of errors.
   *
   * @param name beside it
   * @param keys what tells it from the others, in the figures
   * @param errors by block
   */
  public record Row(String name, List<String> keys, Map<Integer, Double> errors) {}

  /**
   * A section with the mean errors of blocks, a row for each model; nothing where there is none.
   *
   * @param rows what a row is
   * @param keys titles of what tells rows from each other
   */
  public static void errors(
      Markup html, String title, String rows, List<String> keys, List<Row> all) {
    List<Row> known = all.stream().filter(row -> !row.errors().isEmpty()).toList();
    if (known.isEmpty()) {
      return;
    }
    List<Integer> blocks =
        blocks(known.stream().flatMap(row -> row.errors().keySet().stream()).toList());
    List<String> titles = new ArrayList<>(keys);
    titles.addAll(List.of("block", "mean relative error"));
    Figures figures = new Figures("blocks.csv", titles.toArray(String[]::new));
    List<HeatMap.Cell> cells = new ArrayList<>();
    for (int i = 0; i < known.size(); i++) {
      int index = i;
      Row row = known.get(i);
      row.errors()
          .forEach(
              (block, error) -> {
                List<Object> line = new ArrayList<>(row.keys());
                line.add(block < 0 ? "" : block);
                line.add(error);
                figures.add(line.toArray());
                String words =
                    "%s, %s: %s".formatted(row.name(), name(block), Pictures.number(error));
                cells.add(new HeatMap.Cell(index, blocks.indexOf(block), error, words));
              });
    }
    String caption =
        "Mean relative error of every block's layers, by ratios: a step of colour is a factor.";
    Pictures.section(
        html,
        title,
        caption,
        HeatMap.draw(
            "blocks-map",
            "Relative error by %s and block".formatted(rows),
            caption,
            "block",
            known.stream().map(Row::name).toList(),
            names(blocks),
            cells,
            HeatMap.Scale.LOGARITHMIC),
        figures);
  }

  /** All maps of a run, with the figures of all. */
  static void sections(List<LayerReport> layers, List<StructureReport> structures, Markup html) {
    if (!layers.isEmpty()) {
      new ModelMap(layers).section(html);
    }
    structures.forEach(structure -> widths(structure, html));
  }

  private void section(Markup html) {
    Pictures.begin(html, "Where in the model");
    map(
        html,
        "errors-map",
        "Relative error",
        "Relative error, f(T) / f(0), by ratios: a step of colour is a factor. Where a cell stands"
            + " for several layers, experts, it is their mean.",
        HeatMap.Scale.LOGARITHMIC,
        LayerReport::relativeError);
    varying(
        html,
        "bits-map",
        "Bits",
        "Bits of a weight: of its code on a grid of integers, scales included with GGUF's types.",
        "Every layer with codes has %s bits a weight.",
        ModelMap::bits);
    varying(
        html,
        "zeros-map",
        "Zeros",
        "Share of zeros.",
        "The share of zeros is %s in every layer.",
        LayerReport::sparsity);
    html.add("%s</section>%n", figures().html());
  }

  /** A map where layers differ, and a sentence where they do not. */
  private void varying(
      Markup html,
      String id,
      String title,
      String caption,
      String alike,
      ToDoubleFunction<LayerReport> value) {
    List<Double> distinct =
        layers.stream()
            .mapToDouble(value)
            .filter(v -> !Double.isNaN(v))
            .distinct()
            .boxed()
            .toList();
    if (distinct.size() == 1 && distinct.getFirst() > 0) {
      html.add("<p class=\"soft\">" + alike + "</p>%n", number(distinct.getFirst()));
    } else if (distinct.size() > 1) {
      map(html, id, title, caption, HeatMap.Scale.LINEAR, value);
    }
  }

  private static String number(double value) {
    return new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros().toPlainString();
  }

  private void map(
      Markup html,
      String id,
      String title,
      String caption,
      HeatMap.Scale scale,
      ToDoubleFunction<LayerReport> value) {
    Map<List<Integer>, List<LayerReport>> places =
        layers.stream()
            .collect(Collectors.groupingBy(this::place, LinkedHashMap::new, Collectors.toList()));
    List<HeatMap.Cell> cells = new ArrayList<>();
    places.forEach(
        (place, all) -> {
          boolean errors = scale == HeatMap.Scale.LOGARITHMIC;
          OptionalDouble known =
              all.stream()
                  .mapToDouble(value)
                  .filter(some -> errors || !Double.isNaN(some))
                  .average();
          if (known.isPresent()) {
            double mean = known.getAsDouble();
            String which =
                all.size() == 1
                    ? all.getFirst().name()
                    : "%s of block %s, %s layers"
                        .formatted(
                            kinds.get(place.getFirst()), blocks.get(place.getLast()), all.size());
            cells.add(
                new HeatMap.Cell(
                    place.getFirst(), place.getLast(), mean, which + ": " + Pictures.number(mean)));
          }
        });
    Pictures.add(
        html,
        title,
        caption,
        HeatMap.draw(
            id,
            title + " by block and layer",
            caption,
            "block",
            kinds,
            names(blocks),
            cells,
            scale));
  }

  private List<Integer> place(LayerReport layer) {
    LayerPlace place = LayerPlace.of(layer.name());
    return List.of(kinds.indexOf(place.kind()), blocks.indexOf(place.block()));
  }

  /** Of a weight; NaN where the layer has no grid that the report tells of. */
  private static double bits(LayerReport layer) {
    if (layer.rule().blocks().isEmpty()) {
      return layer.rule().bits() == 0 ? Double.NaN : layer.rule().bits();
    }
    for (BlockType type : BlockType.values()) {
      if (type.name().equals(layer.rule().blocks())) {
        return type.bitsPerWeight();
      }
    }
    return Double.NaN; // a type of another version
  }

  private Figures figures() {
    Figures figures =
        new Figures("layers.csv", "layer", "block", "kind", "relative error", "bits", "zeros");
    for (LayerReport layer : layers) {
      LayerPlace place = LayerPlace.of(layer.name());
      double bits = bits(layer);
      figures.add(
          layer.name(),
          place.block() < 0 ? "" : place.block(),
          place.kind(),
          layer.relativeError(),
          Double.isNaN(bits) ? "" : bits,
          layer.sparsity());
    }
    return figures;
  }

  /** What every block has left, and what the removal cost there. */
  private static void widths(StructureReport report, Markup html) {
    StructureReport.Shape before = report.before();
    boolean experts = before.experts() > 0;
    List<String> rows = experts ? List.of("experts") : List.of("neurons", "key/value heads");
    List<HeatMap.Cell> kept = new ArrayList<>();
    Figures figures =
        experts
            ? new Figures("widths.csv", "block", "experts", "experts before")
            : new Figures(
                "widths.csv", "block", "neurons", "neurons before", "heads", "heads before");
    for (int column = 0; column < before.blocks().size(); column++) {
      int block = before.blocks().get(column);
      int index = report.kept().blocks().indexOf(block);
      StructureReport.Size all = before.size(column);
      StructureReport.Size left =
          index < 0 ? new StructureReport.Size(0, 0) : report.kept().size(index);
      if (experts) {
        int stay = index < 0 ? 0 : report.kept().experts();
        kept.add(kept(0, column, block, stay, before.experts(), "experts"));
        figures.add(block, stay, before.experts());
      } else {
        kept.add(kept(0, column, block, left.neurons(), all.neurons(), "neurons"));
        kept.add(kept(1, column, block, left.groups(), all.groups(), "key/value heads"));
        figures.add(block, left.neurons(), all.neurons(), left.groups(), all.groups());
      }
    }
    String caption = "Share that stays, by the blocks of the original.";
    Pictures.section(
        html,
        "Widths that stay",
        caption,
        HeatMap.draw(
            "widths-map",
            "Widths that stay by block",
            caption,
            "block of the original",
            rows,
            before.blocks().stream().map(String::valueOf).toList(),
            kept,
            HeatMap.Scale.LINEAR),
        figures);
  }

  private static HeatMap.Cell kept(int row, int column, int block, int stay, int of, String what) {
    return new HeatMap.Cell(
        row,
        column,
        of == 0 ? Double.NaN : (double) stay / of,
        "block %s: %s of %s %s stay".formatted(block, stay, of, what));
  }
}
