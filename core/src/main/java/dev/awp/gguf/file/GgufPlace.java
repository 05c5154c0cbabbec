// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.file;

import java.util.List;
import java.util.stream.Stream;

/**
 * The place of one of the checkpoint's tensors in a GGUF file: a tensor of its own, or one slice of
 * a tensor, as the experts of a block are.
 *
 * @param tensor name in the file
 * @param slice index of the slice
 * @param slices how many the tensor has; 0 where it is no tensor of slices
 */
public record GgufPlace(String tensor, int slice, int slices) {
  public static GgufPlace whole(String tensor) {
    return new GgufPlace(tensor, 0, 0);
  }

  /** The name of this place alone. */
  public String key() {
    return slices == 0 ? tensor : tensor + "[" + slice + "]";
  }

  /** The tensor's shape, given that of one slice. */
  public List<Long> shape(List<Long> one) {
    return slices == 0 ? one : Stream.concat(Stream.of((long) slices), one.stream()).toList();
  }

  /** This part of a tensor. */
  public GgufTensor of(GgufTensor whole) {
    if (slices == 0) {
      return whole;
    }
    long bytes = whole.byteSize() / slices;
    return new GgufTensor(
        key(),
        whole.shape().subList(1, whole.shape().size()),
        whole.typeId(),
        whole.offset() + slice * bytes,
        bytes);
  }
}
