// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.AwpException;
import dev.awp.kernel.Kernels;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The tensors of one packed layer, from which its packing is told; what is in them is decoded by
 * the same code as where the tool computes with such layers ({@code dev.awp.format}).
 *
 * @param module what the names of its tensors begin with
 * @param parts names of those that are there
 */
record PackedLayer(
    String module, Map<String, TensorView> tensors, List<String> parts, Kernels kernels) {
  String weight() {
    return module + ".weight";
  }

  TensorReader reader() {
    return new TensorReader(kernels);
  }

  long bytes() {
    return parts.stream().mapToLong(part -> tensors.get(part).data().byteSize()).sum();
  }

  /** Where its codes are. */
  private Path file() {
    return tensors.get(parts.getFirst()).file();
  }

  boolean has(String part) {
    return tensors.containsKey(module + "." + part);
  }

  /** The tensor of that name, which has to have that rank. */
  TensorView part(String part, int rank) {
    TensorView view = tensors.get(module + "." + part);
    if (view == null || view.shape().size() != rank) {
      throw new AwpException(
          "%s: tensor %s.%s: a packed layer needs it with %s dimensions, there is %s"
              .formatted(file(), module, part, rank, view == null ? "none" : view.shape()));
    }
    return view;
  }

  /** A tensor of 32-bit words of that rank. */
  TensorView words(String part, int rank) {
    TensorView view = part(part, rank);
    SmallTensor.checkWords(view);
    return view;
  }

  /** A matrix of scales. */
  TensorView scales(String part) {
    TensorView view = part(part, 2);
    if (!view.dtype().isComputable()) {
      throw SmallTensor.malformed(
          view, "is " + view.dtype() + ", scales are read as F32, F16 and BF16");
    }
    return view;
  }
}
