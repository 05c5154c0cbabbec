// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import dev.awp.config.ModelConfig;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorView;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model, open for reading. Its tensors are stored one number by one, or in blocks that decode;
 * they live until {@link #close}.
 */
public interface Checkpoint extends AutoCloseable {
  /** The folder or file, for messages. */
  Path folder();

  /**
   * Where the files lie that go along: configuration, tokenizer, templates of conversations. A
   * model that is one file holds them in other words, and writes them out for as long as it is
   * open.
   */
  default Path companions() {
    return folder();
  }

  ModelConfig config();

  /** The checkpoint that is shown in other words; this one, where it is read from files itself. */
  default Checkpoint source() {
    return this;
  }

  /** All tensors by their names: by file, then in the order of their data. */
  Map<String, StoredTensor> byName();

  /** The same without their names. */
  default List<StoredTensor> tensors() {
    return List.copyOf(byName().values());
  }

  default boolean contains(String name) {
    return byName().containsKey(name);
  }

  /** The tensor of that name; AwpException where there is none. */
  default StoredTensor tensor(String name) {
    StoredTensor tensor = byName().get(name);
    if (tensor == null) {
      throw new AwpException(folder() + ": tensor " + name + " is missing");
    }
    return tensor;
  }

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

  /** The files that it is read from: weights, what lists them, and what goes along. */
  default Set<Path> files() {
    FolderContent content = FolderContent.of(folder());
    Set<Path> files = new LinkedHashSet<>(content.companions());
    files.addAll(content.indexes());
    tensors().stream()
        .flatMap(tensor -> tensor.parts().stream())
        .forEach(part -> files.add(part.file()));
    return files;
  }

  /** What was assumed or is not as the files say: a sentence each, for people and reports. */
  default List<String> warnings() {
    return List.of();
  }

  /** What a copy of config.json has to say otherwise. */
  default ConfigCorrections corrections() {
    return ConfigCorrections.NONE;
  }

  @Override
  void close();
}
