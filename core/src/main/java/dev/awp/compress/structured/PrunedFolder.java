// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.AwpException;
import dev.awp.checkpoint.CompanionFiles;
import dev.awp.checkpoint.ExpertSlices;
import dev.awp.compute.Compute;
import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.config.ModelConfig;
import dev.awp.config.json.ModelConfigReader;
import dev.awp.disk.WrittenPiece;
import dev.awp.format.safetensors.ConfigFiles;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.safetensors.ShardSet;
import dev.awp.stored.CutTensor;
import dev.awp.stored.RowPieces;
import dev.awp.stored.SharedTensor;
import dev.awp.stored.StackSlice;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The folder of a pruned model while it is written, step by step. */
final class PrunedFolder implements AutoCloseable {
  private final PrunedCheckpoint planned;
  private final Compute compute;
  private final ShardSet shards;

  private PrunedFolder(PrunedCheckpoint planned, Compute compute, ShardSet shards) {
    this.planned = planned;
    this.compute = compute;
    this.shards = shards;
  }

  /**
   * Begins a folder, or goes on with one: its companion files and all tensors that are of no step.
   *
   * @param folder need not exist
   * @throws AwpException where config.json cannot say what the model is
   */
  static PrunedFolder create(
      Path folder, PrunedCheckpoint planned, long maxShardBytes, Compute compute) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be made: " + e.getMessage(), e);
    }
    CompanionFiles.copy(planned.companions(), folder);
    ConfigFiles.correct(folder, planned.corrections());
    checkConfig(ModelConfigReader.read(folder.resolve(ConfigFiles.CONFIG)), planned.config());
    Map<String, StackSlice> slices = ExpertSlices.of(planned.config());
    List<TensorSpec> specs =
        planned.byName().entrySet().stream()
            .map(e -> spec(e.getKey(), e.getValue(), Optional.ofNullable(slices.get(e.getKey()))))
            .toList();
    PrunedFolder pruned =
        new PrunedFolder(planned, compute, ShardSet.create(folder, specs, maxShardBytes));
    try {
      planned
          .byName()
          .forEach(
              (name, tensor) -> {
                if (planned.isOfStep(name)) {
                  return;
                }
                if (tensor instanceof CutTensor cut) {
                  pruned.writePieces(cut);
                } else {
                  var _ =
                      pruned.write(
                          name, tensor instanceof SharedTensor(var _, var own) ? own : tensor);
                }
              });
      return pruned;
    } catch (RuntimeException e) {
      pruned.close();
      throw e;
    }
  }

  private static TensorSpec spec(String name, StoredTensor tensor, Optional<StackSlice> slice) {
    return new TensorSpec(name, tensor.type().written(), tensor.shape(), slice);
  }

  /** What readers will make of it has to be what was planned. */
  private static void checkConfig(ModelConfig read, ModelConfig planned) {
    for (int i = 0; i < planned.layers(); i++) {
      if (i >= read.layers() || !isSame(read.block(i), planned.block(i))) {
        throw new AwpException(
            "%s: cannot say what block %s of the pruned model is, for %s knows no list of windows or positions by block; prune widths, or another number of blocks"
                .formatted(planned.file(), i + 1, planned.architecture().name()));
      }
    }
  }

  private static boolean isSame(BlockConfig read, BlockConfig planned) {
    return read.ownMlp().equals(planned.ownMlp())
        && read.recurrence().equals(planned.recurrence())
        && read.experts().equals(planned.experts())
        && read.perLayer().equals(planned.perLayer())
        && read.ownAttention().isPresent() == planned.ownAttention().isPresent()
        && planned.ownAttention().filter(own -> !isSame(read.attention(), own)).isEmpty();
  }

  private static boolean isSame(AttentionConfig read, AttentionConfig planned) {
    return read.window().equals(planned.window())
        && read.keyValues().equals(planned.keyValues())
        && read.rotation().isPresent() == planned.rotation().isPresent()
        && read.heads() == planned.heads()
        && read.keyValueHeads() == planned.keyValueHeads()
        && read.headDimension() == planned.headDimension();
  }

  /** Writes a tensor as it is, its bytes where it has such. */
  private List<WrittenPiece> write(String name, StoredTensor tensor) {
    if (tensor instanceof TensorView view) {
      List<WrittenPiece> pieces = write(name, view.data());
      view.release();
      return pieces;
    }
    try (Arena arena = Arena.ofConfined()) {
      Matrix values = new TensorReader(compute.kernels()).matrix(tensor, arena);
      List<WrittenPiece> pieces = write(name, tensor, values, arena);
      tensor.release();
      return pieces;
    }
  }

  /** Writes a tensor that may be larger than memory, some rows at a time. */
  private void writePieces(CutTensor tensor) {
    shards.write(tensor.name(), RowPieces.of(tensor, compute.kernels()).encoded());
    tensor.release();
  }

  private List<WrittenPiece> write(String name, MemorySegment bytes) {
    shards.write(name, bytes);
    return List.of(shards.piece(name, bytes));
  }

  private List<WrittenPiece> write(String name, StoredTensor as, Matrix values, Arena arena) {
    return write(
        name,
        new TensorEncoder(compute.kernels()).encode(name, values, as.type().written(), arena));
  }

  /**
   * Writes the tensors of a step.
   *
   * @param cut the step, with the units that stay
   * @param weights what stays of tensors that hold others than the original's, by its names
   */
  List<WrittenPiece> write(Cut cut, int[] kept, Map<String, Matrix> weights) {
    List<WrittenPiece> pieces = new ArrayList<>();
    for (CutTensor tensor : planned.cut(cut, kept)) {
      Matrix solved = weights.get(tensor.original().name());
      if (solved != null) {
        try (Arena arena = Arena.ofConfined()) {
          pieces.addAll(write(tensor.name(), tensor, solved, arena));
        }
      } else {
        pieces.addAll(write(tensor.name(), tensor.isWhole() ? tensor.original() : tensor));
      }
    }
    return pieces;
  }

  /** Whether what {@link #write} returned in an earlier part of the run is there, to the byte. */
  boolean restore(List<WrittenPiece> pieces) {
    boolean there = shards.holds(pieces);
    if (there) {
      shards.restore(pieces);
    }
    return there;
  }

  /** Returns when all that was written is on the disk. */
  void force() {
    shards.force();
  }

  /** The model as far as it was written. */
  TransformerModel model(Arena arena) {
    Map<String, StoredTensor> read = new TreeMap<>();
    return new TransformerModel(
        ModelLayout.of(planned.config()),
        name -> {
          synchronized (read) {
            return read.computeIfAbsent(name, wanted -> shards.readBack(wanted, arena));
          }
        },
        compute);
  }

  /** Makes the files durable, when every step is written. */
  void finish() {
    shards.finish();
  }

  @Override
  public void close() {
    shards.close();
  }
}
