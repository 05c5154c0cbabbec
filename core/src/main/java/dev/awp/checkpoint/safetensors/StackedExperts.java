// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import dev.awp.AwpException;
import dev.awp.checkpoint.ExpertSlices;
import dev.awp.config.ModelConfig;
import dev.awp.stored.Mxfp4Tensor;
import dev.awp.stored.StackSlice;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.StridedTensor;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tensors that hold all experts of a block, as one for each expert; plain ones and MXFP4. */
final class StackedExperts {
  private static final String BLOCKS = "_blocks";
  private static final String SCALES = "_scales";

  private final Map<String, StoredTensor> tensors;
  private final DType written;
  private final Map<String, List<Map.Entry<String, StackSlice>>> stacks = new HashMap<>();
  private int decoded;

  /**
   * Of a checkpoint.
   *
   * @param written the element type in which weights of four bits are written again
   */
  StackedExperts(ModelConfig config, Map<String, StoredTensor> tensors, DType written) {
    this.tensors = tensors;
    this.written = written;
    ExpertSlices.of(config)
        .entrySet()
        .forEach(
            slice ->
                stacks
                    .computeIfAbsent(slice.getValue().stack(), _ -> new ArrayList<>())
                    .add(slice));
  }

  /**
   * The same tensors, those of experts each by itself.
   *
   * @throws AwpException where one that holds several has another shape than config.json implies
   */
  Map<String, StoredTensor> apart() {
    Map<String, StoredTensor> all = new LinkedHashMap<>();
    for (StoredTensor tensor : tensors.values()) {
      String name = tensor.name();
      Optional<String> coded = coded(name);
      if (stacks.containsKey(name) && tensor instanceof TensorView stack) {
        stacks.get(name).forEach(s -> all.put(s.getKey(), slice(s.getKey(), stack, s.getValue())));
      } else if (coded.isPresent() && tensor instanceof TensorView blocks) {
        stacks
            .get(coded.get())
            .forEach(
                s -> all.put(s.getKey(), coded(s.getKey(), coded.get(), blocks, s.getValue())));
      } else if (!isScaleOfCodes(name)) {
        all.put(name, tensor);
      }
    }
    return all;
  }

  /** What was decoded, in a sentence. */
  Optional<String> warning() {
    return decoded == 0
        ? Optional.empty()
        : Optional.of(
            "%s weights of experts are stored as MXFP4: they are read as what they decode to, and written as %s"
                .formatted(decoded, written));
  }

  /** The stack that a tensor of codes is instead of. */
  private Optional<String> coded(String name) {
    return Optional.of(name)
        .filter(codes -> codes.endsWith(BLOCKS))
        .map(codes -> codes.substring(0, codes.length() - BLOCKS.length()))
        .filter(stacks::containsKey);
  }

  private boolean isScaleOfCodes(String name) {
    return name.endsWith(SCALES)
        && stacks.containsKey(name.substring(0, name.length() - SCALES.length()))
        && tensors.containsKey(name.substring(0, name.length() - SCALES.length()) + BLOCKS);
  }

  private static StoredTensor slice(String name, TensorView stack, StackSlice slice) {
    checkShape(stack, slice.stackShape());
    return StridedTensor.of(name, stack, slice);
  }

  /** Codes are [experts, outputs, blocks, bytes], whatever the order of plain numbers is. */
  private StoredTensor coded(String name, String stack, TensorView blocks, StackSlice slice) {
    long experts = slice.stackShape().getFirst();
    long inputs = slice.columns();
    long outputs = slice.stackShape().get(1) * slice.stackShape().get(2) / inputs;
    if (inputs % Mxfp4Tensor.BLOCK != 0) {
      throw new AwpException(
          "%s: tensor %s has rows of %s columns, no multiple of %s"
              .formatted(blocks.file(), blocks.name(), inputs, Mxfp4Tensor.BLOCK));
    }
    long count = inputs / Mxfp4Tensor.BLOCK;
    if (!(tensors.get(stack + SCALES) instanceof TensorView scales)) {
      throw new AwpException(
          "%s: tensor %s has no %s".formatted(blocks.file(), blocks.name(), stack + SCALES));
    }
    checkShape(blocks, List.of(experts, outputs, count, (long) Mxfp4Tensor.BLOCK / 2));
    checkShape(scales, List.of(experts, outputs, count));
    for (TensorView view : List.of(blocks, scales)) {
      if (view.dtype() != DType.U8) {
        throw new AwpException(
            "%s: tensor %s is stored as %s where U8 is expected"
                .formatted(view.file(), view.name(), view.dtype()));
      }
    }
    decoded++;
    long expert = slice.first() / (outputs * inputs);
    long within = slice.first() % (outputs * inputs);
    boolean transposed = slice.columnStride() != 1;
    long row = transposed ? within : within / inputs;
    long step = transposed ? slice.rowStride() : slice.rowStride() / inputs;
    return new Mxfp4Tensor(
        name, blocks, scales, expert * outputs + row, step, slice.shape(), written);
  }

  private static void checkShape(TensorView tensor, List<Long> expected) {
    if (!tensor.shape().equals(expected)) {
      throw new AwpException(
          "%s: tensor %s has shape %s where config.json implies %s"
              .formatted(tensor.file(), tensor.name(), tensor.shape(), expected));
    }
  }
}
