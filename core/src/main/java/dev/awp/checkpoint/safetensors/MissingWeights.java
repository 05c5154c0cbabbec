// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import dev.awp.checkpoint.FolderContent;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.safetensors.ShardIndex;
import java.nio.file.Path;
import java.util.List;

/** Says what a folder has in place of the weights that are read, and what to do about it. */
record MissingWeights(Path folder, FolderContent content) {
  private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".ckpt");
  private static final List<String> OTHERS = List.of(".h5", ".msgpack", ".onnx");

  /** The sentence, with the folder. */
  String sentence() {
    return "%s: neither %s nor %s is there%s"
        .formatted(folder, SafetensorsFile.SINGLE, ShardIndex.NAME, instead());
  }

  private String instead() {
    for (Path file : content.files()) {
      String name = file.getFileName().toString();
      if (PICKLES.stream().anyMatch(name::endsWith)) {
        return converted(name, "a PyTorch file, which is not read for it may run programs");
      }
      if (OTHERS.stream().anyMatch(name::endsWith)) {
        return converted(name, "of another program");
      }
    }
    for (Path file : content.files()) {
      String name = file.getFileName().toString();
      if (name.startsWith("adapter_model.")) {
        return "; %s is an adapter: merge it into its model first (merge_and_unload of Python's peft)"
            .formatted(name);
      }
      if (name.endsWith(".gguf")) {
        return "; %s is a GGUF file: what is read is the checkpoint that it was made from"
            .formatted(name);
      }
      if (name.endsWith(".safetensors")) {
        return "; of %s it is not known whether it is the whole model".formatted(name);
      }
    }
    return "";
  }

  private static String converted(String name, String what) {
    return "; %s is %s: safetensors files are needed, which AutoModelForCausalLM.from_pretrained(MODEL_DIR).save_pretrained(NEW_DIR) of Python's transformers writes"
        .formatted(name, what);
  }
}
