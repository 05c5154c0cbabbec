// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.convert;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointView;
import dev.awp.checkpoint.ConfigCorrections;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.stored.StoredTensor;
import dev.awp.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A checkpoint as it is to be written: layers decoded, other orders, another type. Borrows the
 * original, which must stay open.
 */
final class ConvertedCheckpoint extends CheckpointView {
  private final Optional<DType> dtype;

  /**
   * A view of a checkpoint.
   *
   * @param weights the decoded tensors of the original
   * @param dtype of all numbers; where there is none, each tensor keeps its own, and codes become
   *     F16
   */
  ConvertedCheckpoint(
      Checkpoint original,
      ModelLayout layout,
      WeightSource weights,
      Optional<DType> dtype,
      Shuffle shuffle) {
    super(original);
    this.dtype = dtype;
    Set<String> modules =
        layout.linears().stream().map(LinearLayer::name).collect(Collectors.toSet());
    layout.head().map(LinearLayer::name).ifPresent(modules::add);
    Map<String, List<Long>> shapes = layout.shapes();
    for (StoredTensor tensor : original.tensors()) {
      String name = tensor.name();
      String module = name.substring(0, Math.max(0, name.lastIndexOf('.')));
      if (shapes.containsKey(name) || modules.contains(module)) {
        // Codes and scales of a layer are one tensor again.
        String weight = shapes.containsKey(name) ? name : module + ".weight";
        tensors.computeIfAbsent(weight, wanted -> converted(weights.tensor(wanted), shuffle));
      } else {
        tensors.put(name, converted(tensor, shuffle));
      }
    }
  }

  private StoredTensor converted(StoredTensor tensor, Shuffle shuffle) {
    if (!tensor.type().isComputable()) {
      return tensor;
    }
    Order rows = shuffle.rows(tensor.name());
    Order columns = shuffle.columns(tensor.name());
    DType wanted = dtype.orElse(tensor.type().written());
    boolean same = tensor.type().dtype().filter(wanted::equals).isPresent();
    return same && rows.isNatural() && columns.isNatural()
        ? tensor
        : new ConvertedTensor(tensor, wanted, rows, columns);
  }

  /** Nothing is quantized here. */
  @Override
  public ConfigCorrections corrections() {
    return original().corrections().plain(dtype);
  }

  /** The original's to close. */
  @Override
  public void close() {}
}
