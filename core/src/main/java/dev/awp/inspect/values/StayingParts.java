// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.values;

import dev.awp.AwpException;
import dev.awp.inspect.BlockName;
import dev.awp.inspect.StoredWeight;
import dev.awp.report.ReportFile;
import dev.awp.report.StructureReport;
import dev.awp.report.StructureReport.Part;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Which weights of an original those of a model are from which neurons, key/value heads, blocks or
 * experts were removed, by the report that lies beside it. Names are those of Hugging Face folders
 * and of GGUF files.
 */
final class StayingParts {
  /** A module of an expert that lies by itself; no more digits than an int holds. */
  private static final Pattern EXPERT = Pattern.compile("(.*\\.experts\\.)(\\d{1,9})(\\..*)");

  private final StructureReport structure;

  private StayingParts(StructureReport structure) {
    this.structure = structure;
  }

  /** Of an output of awp that was pruned so; nothing of all others. */
  static Optional<StayingParts> of(Path model) {
    if (!Files.exists(ReportFile.of(model))) {
      return Optional.empty();
    }
    try {
      return ReportFile.read(model).structure().stream().findFirst().map(StayingParts::new);
    } catch (AwpException e) {
      // Other programs call their files so too.
      return Optional.empty();
    }
  }

  /** What the original calls a weight. */
  String nameBefore(String name) {
    List<Integer> kept = structure.kept().blocks();
    return BlockName.of(name)
        .filter(block -> block.index() < kept.size())
        .map(block -> nameBefore(block, kept.get(block.index())))
        .orElse(name);
  }

  /**
   * What the original calls a weight of a block.
   *
   * @param index of the block there
   */
  private String nameBefore(BlockName block, int index) {
    Matcher expert = EXPERT.matcher(block.module());
    boolean named = structure.before().experts() > 0 && expert.matches();
    Optional<List<Integer>> kept = named ? part(index, "mlp").map(Part::kept) : Optional.empty();
    String module =
        kept.filter(experts -> Integer.parseInt(expert.group(2)) < experts.size())
            .map(experts -> experts.get(Integer.parseInt(expert.group(2))))
            .map(before -> expert.group(1) + before + expert.group(3))
            .orElse(block.module());
    return new BlockName(block.prefix(), index, module).in(index);
  }

  private Optional<Part> part(int block, String step) {
    return structure.parts().stream()
        .filter(some -> some.block() == block && some.step().equals(step))
        .findFirst();
  }

  /**
   * The part of an original's weight that stays; nothing where the report does not tell it.
   *
   * @param after what is left of it
   */
  Optional<StoredWeight> part(StoredWeight before, StoredWeight after) {
    if (before.shape().equals(after.shape())) {
      return Optional.of(before);
    }
    Optional<BlockName> block = BlockName.of(before.name());
    if (block.isEmpty() || before.shape().size() != after.shape().size()) {
      return Optional.empty();
    }
    String module = block.get().module();
    boolean experts = structure.before().experts() > 0;
    boolean neurons = module.contains("mlp") || module.contains("ffn");
    Optional<Part> found = part(block.get().index(), experts || neurons ? "mlp" : "attention");
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Part part = found.get();
    int units = experts ? structure.before().experts() : units(part, neurons);
    // All of a unit's rows lie together where units are experts.
    int parts = module.contains("gate_up") && !experts ? 2 : 1;
    boolean vector = before.shape().size() == 1;
    Optional<int[]> rows =
        vector ? Optional.of(new int[] {0}) : kept(part, units, parts, before.rows(), after.rows());
    Optional<int[]> columns = kept(part, units, parts, before.columns(), after.columns());
    return rows.isEmpty() || columns.isEmpty()
        ? Optional.empty()
        : Optional.of(new WeightPart(before, after.shape(), rows.get(), columns.get()));
  }

  /** Units of a step of the original: blocks that are wider than others keep the same share. */
  private int units(Part part, boolean neurons) {
    StructureReport.Size kept =
        structure.kept().size(structure.kept().blocks().indexOf(part.block()));
    StructureReport.Shape all = structure.before();
    long times = (long) part.kept().size() * (neurons ? all.neurons() : all.groups());
    return Math.toIntExact(times / (neurons ? kept.neurons() : kept.groups()));
  }

  /** Indices along a dimension, of which so many parts behind each other have all units. */
  private static Optional<int[]> kept(Part part, int units, int parts, int before, int after) {
    if (before == after) {
      return Optional.of(IntStream.range(0, before).toArray());
    }
    int all = units * parts;
    int width = before / all;
    if (before % all != 0 || after != part.kept().size() * parts * width) {
      return Optional.empty();
    }
    return Optional.of(
        IntStream.range(0, parts)
            .flatMap(
                i ->
                    part.kept().stream()
                        .flatMapToInt(
                            unit -> {
                              int first = (i * units + unit) * width;
                              return IntStream.range(first, first + width);
                            }))
            .toArray());
  }
}
