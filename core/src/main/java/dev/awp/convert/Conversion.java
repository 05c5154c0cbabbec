// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.convert;

import dev.awp.Progress;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.FolderContent;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.disk.FileStamps;
import dev.awp.disk.OutputFolder;
import dev.awp.disk.OutputPlace;
import dev.awp.format.FormatWriter;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.format.gguf.GgufOptions;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.format.registry.OutputFormats;
import dev.awp.gguf.block.BlockType;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.stored.StoredTensor;
import dev.awp.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Writes a model as plain numbers: in another format, of another type, in another order. */
public final class Conversion {
  private Conversion() {}

  /**
   * What is wanted.
   *
   * @param model a folder or a GGUF file
   * @param output the folder to be written
   * @param format that holds plain numbers
   * @param dtype of all numbers; where there is none, each tensor keeps its own, and what is stored
   *     in codes becomes F16
   * @param shuffle seed of the order of channels, where they are to be moved
   * @param maxShardBytes largest size of a written file
   */
  public record Options(
      Path model,
      Path output,
      OutputFormat format,
      Optional<DType> dtype,
      OptionalLong shuffle,
      long maxShardBytes) {}

  /**
   * Writes the model.
   *
   * @return what is not as the original says, a sentence each
   */
  public static List<String> run(
      Options options, Compute compute, Progress progress, String version) {
    OutputPlace place = options.format().place(options.output());
    OutputFolder.checkFree(place);
    FileStamps stamps = FolderContent.stamps(options.model(), List.of());
    try (Checkpoint original = options.format().shown(Checkpoints.open(options.model()))) {
      ModelLayout layout = ModelLayout.of(original.config());
      WeightSource weights = CheckpointWeights.of(original, layout, compute.kernels());
      layout.check(weights);
      Shuffle shuffle =
          options.shuffle().isPresent()
              ? Shuffle.of(layout, options.shuffle().getAsLong())
              : Shuffle.none();
      Checkpoint converted =
          new ConvertedCheckpoint(original, layout, weights, options.dtype(), shuffle);
      ModelPlan plan = new ModelPlan(converted, layout, List.of(), options.maxShardBytes());
      OutputFormat format = format(options.format(), converted);
      OutputFormats.check(List.of(format), plan);
      List<String> warnings = new ArrayList<>(original.warnings());
      warnings.addAll(format.warnings(plan));
      rounding(original, converted).ifPresent(warnings::add);
      progress.step("writing " + options.output());
      try (OutputFolder folder = OutputFolder.create(place)) {
        try (FormatWriter writer =
            format.create(folder.workFolder(), plan, compute.kernels(), version)) {
          writer.finish();
        }
        stamps.only(original.files()).check();
        folder.commit();
      }
      return warnings;
    }
  }

  /** A GGUF file's embedding has the type of the rest. */
  private static OutputFormat format(OutputFormat wanted, Checkpoint converted) {
    if (!(wanted instanceof GgufFormat)) {
      return wanted;
    }
    DType embedding = converted.tensor(converted.config().names().embedding()).type().written();
    return new GgufFormat(new GgufOptions(Optional.empty(), BlockType.of(embedding).orElseThrow()));
  }

  /** What is stored in fewer bits, or in codes whose values no F16 may hold. */
  private static Optional<String> rounding(Checkpoint original, Checkpoint converted) {
    long rounded =
        original.tensors().stream()
            .filter(tensor -> converted.contains(tensor.name()))
            .filter(tensor -> isRounded(tensor, converted.tensor(tensor.name())))
            .count();
    return rounded == 0
        ? Optional.empty()
        : Optional.of(
            "numbers of %s tensors are rounded to a type with fewer digits; --dtype F32 keeps them"
                .formatted(rounded));
  }

  private static boolean isRounded(StoredTensor from, StoredTensor to) {
    DType wanted = to.type().written();
    Optional<DType> own = from.type().dtype();
    return wanted != DType.F32 && own.filter(wanted::equals).isEmpty() && to.type().isComputable();
  }
}
