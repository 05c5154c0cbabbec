// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import java.nio.file.Path;
import java.util.List;

/** A tensor in a file that decodes to float32, row by row, by {@link TensorReader}. */
public sealed interface StoredTensor permits TensorView, EncodedTensor {
  String name();

  /** Sizes of the decoded tensor, outermost first. */
  List<Long> shape();

  /** How its numbers are stored. */
  StoredType type();

  /** Its bytes in files: one run of them, or several such as codes and scales; none in memory. */
  List<TensorView> parts();

  /** Size of the stored bytes. */
  default long byteSize() {
    return parts().stream().mapToLong(part -> part.data().byteSize()).sum();
  }

  /** The file, for messages. */
  Path file();

  /** Refuses a file that has become shorter since it was mapped. */
  void checkPresent();

  /** Tells the operating system that the pages are not needed for now. */
  void release();
}
