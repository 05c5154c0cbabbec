// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import dev.awp.config.ModelConfig;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorView;
import java.nio.file.Path;
import java.util.List;

/**
 * A model, open for reading. Its tensors are stored one number by one, or in blocks that decode;
 * they live until {@link #close}.
 */
public interface Checkpoint extends AutoCloseable {
  /** The folder, for messages and for the files that go along. */
  Path folder();

  ModelConfig config();

  /** All tensors: by file, then in the order of their data. */
  List<? extends StoredTensor> tensors();

  boolean contains(String name);

  /** The tensor of that name; AwpException where there is none. */
  StoredTensor tensor(String name);

  /**
   * The tensor of that name as its file has it, number by number.
   *
   * @throws AwpException where there is none, and where it is stored in blocks
   */
  default TensorView view(String name) {
    StoredTensor tensor = tensor(name);
    if (tensor instanceof TensorView view) {
      return view;
    }
    throw new AwpException(
        "%s: tensor %s is stored as %s where single numbers are expected"
            .formatted(tensor.file(), name, tensor.type().name()));
  }

  @Override
  void close();
}
