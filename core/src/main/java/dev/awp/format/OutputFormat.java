// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.constraint.GridStorage;
import dev.awp.disk.OutputPlace;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A kind of model folder that awp writes. */
public interface OutputFormat {
  /** The word for {@code --format}. */
  String name();

  /**
   * Every option of the format that can change a byte of its files, by its name in report.json;
   * empty where the format has none.
   */
  default Map<String, String> options() {
    return Map.of();
  }

  /**
   * How the numbers of a grid are stored.
   *
   * @param dtype of the layer's weight in the original checkpoint
   */
  GridStorage gridStorage(DType dtype);

  /** Whether its readers fuse the layers of a block that share their input, q/k/v and gate/up. */
  default boolean isFused() {
    return false;
  }

  /**
   * A model as the format's readers compute it: the same function, perhaps by other numbers. A view
   * owns the model.
   */
  default Checkpoint shown(Checkpoint model) {
    return model;
  }

  /** Where an output of this format alone comes to lie. */
  default OutputPlace place(Path output) {
    return OutputPlace.folder(output);
  }

  /** Whether its readers have no room for a last group of a row that is shorter than the others. */
  default boolean needsWholeGroups() {
    return false;
  }

  /**
   * Why grids of integers are symmetric where nothing is said, as the end of a sentence; empty
   * where they have zero points.
   */
  default Optional<String> symmetricFor() {
    return Optional.empty();
  }

  /** Whether its readers let blocks have numbers of heads and widths of their own. */
  default boolean hasBlockSizes() {
    return false;
  }

  /** How large its files will be, where that is known beforehand to the byte. */
  default Optional<PlannedSizes> sizes() {
    return Optional.empty();
  }

  /** The readers' rules that a plan breaks; empty where the format can hold it. */
  List<BrokenRule> brokenRules(ModelPlan plan);

  /** What an output of a plan leaves out or says otherwise than the original, a sentence each. */
  default List<String> warnings(ModelPlan plan) {
    return List.of();
  }

  /**
   * Begins an output: plans every file and writes all that is known before the layers are. Files of
   * an earlier run of the same plan are opened, and what they hold of layers is left alone.
   *
   * @param folder exists
   * @param plan breaks no rule
   * @param version of the program, for formats that name their writer
   */
  FormatWriter create(Path folder, ModelPlan plan, Kernels kernels, String version);
}
