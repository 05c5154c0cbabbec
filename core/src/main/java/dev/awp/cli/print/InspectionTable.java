// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import dev.awp.inspect.BlockName;
import dev.awp.inspect.StoredGrid;
import dev.awp.inspect.values.Inspection;
import dev.awp.inspect.values.WeightStatistics;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** An inspection as a table: a line for each matrix, the vectors together. */
public final class InspectionTable {
  private InspectionTable() {}

  public static void print(Inspection inspection, boolean all, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%s: %,d weights in %,d tensors, %s, %.2f bits per weight%s%n",
        Printable.text(inspection.path()),
        inspection.elements(),
        inspection.weights().size(),
        Printable.bytes(inspection.bytes()),
        inspection.bitsPerWeight(),
        inspection
            .sparsity()
            .map(share -> ", zeros in matrices " + Printable.percent(share) + " %")
            .orElse(""));
    TextTable table =
        new TextTable(
            "weight",
            "storage",
            "grid",
            "shape",
            "bits",
            "zeros %",
            "in rows %",
            "N:M",
            "max/rms",
            "top 1 %",
            "kurtosis");
    List<Inspection.Entry> shown =
        inspection.weights().stream().filter(w -> all || w.shape().size() >= 2).toList();
    shown.forEach(entry -> add(entry, table));
    if (!shown.isEmpty()) {
      out.println();
      table.print(out);
    }
    printVectors(inspection, all, out);
    printBlockShapes(shown, out);
    for (Inspection.Entry entry : inspection.weights()) {
      long broken = entry.statistics().map(WeightStatistics::nonFinite).orElse(0L);
      if (broken > 0) {
        out.printf(
            Locale.ROOT, "%s: %,d values are not finite%n", Printable.text(entry.name()), broken);
      }
    }
  }

  /** Where the same weight has another shape in another block. */
  private static void printBlockShapes(List<Inspection.Entry> shown, PrintWriter out) {
    Map<String, Map<String, List<String>>> shapes = new LinkedHashMap<>();
    for (Inspection.Entry entry : shown) {
      BlockName.of(entry.name())
          .ifPresent(
              block ->
                  shapes
                      .computeIfAbsent(block.in("*"), _ -> new LinkedHashMap<>())
                      .computeIfAbsent(entry.shape().toString(), _ -> new ArrayList<>())
                      .add(Integer.toString(block.index())));
    }
    shapes.values().removeIf(ofName -> ofName.size() == 1);
    if (!shapes.isEmpty()) {
      out.printf("%nshapes that differ between blocks:%n");
    }
    shapes.forEach(
        (name, ofName) ->
            out.printf(
                "  %s: %s%n",
                Printable.text(name),
                ofName.entrySet().stream()
                    .map(e -> e.getKey() + " in " + String.join(", ", e.getValue()))
                    .collect(Collectors.joining("; "))));
  }

  private static void printVectors(Inspection inspection, boolean all, PrintWriter out) {
    List<Inspection.Entry> vectors =
        inspection.weights().stream().filter(w -> w.shape().size() < 2).toList();
    if (!all && !vectors.isEmpty()) {
      long bytes = vectors.stream().mapToLong(Inspection.Entry::bytes).sum();
      out.printf(
          Locale.ROOT,
          "%nand %,d vectors, such as norms and biases: %s (--all shows them)%n",
          vectors.size(),
          Printable.bytes(bytes));
    }
  }

  private static void add(Inspection.Entry entry, TextTable table) {
    String name = entry.name();
    boolean weight = entry.shape().size() >= 2 && name.endsWith(".weight");
    String shown = weight ? name.substring(0, name.length() - ".weight".length()) : name;
    String grid = entry.grid().map(StoredGrid::describe).orElse("-");
    String bits = String.format(Locale.ROOT, "%.2f", entry.bitsPerWeight());
    String shape = entry.shape().toString();
    if (entry.statistics().isEmpty()) {
      table.add(shown, entry.storage(), grid, shape, bits, "-", "-", "-", "-", "-", "-");
      return;
    }
    WeightStatistics statistics = entry.statistics().get();
    table.add(
        shown,
        entry.storage(),
        grid,
        shape,
        bits,
        Printable.percent(statistics.sparsity()),
        rows(statistics),
        statistics.pattern().isEmpty() ? "-" : statistics.pattern(),
        String.format(Locale.ROOT, "%.1f", statistics.peak()),
        Printable.percent(statistics.topColumnsEnergy()),
        String.format(Locale.ROOT, "%.1f", statistics.kurtosis()));
  }

  private static String rows(WeightStatistics statistics) {
    String fewest = Printable.percent(statistics.densestRow());
    String most = Printable.percent(statistics.sparsestRow());
    return fewest.equals(most) ? fewest : fewest + "-" + most;
  }
}
