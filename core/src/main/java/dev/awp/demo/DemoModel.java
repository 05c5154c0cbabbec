// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.demo;

import dev.awp.AwpException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The small LLaMA model and the two short texts that are embedded in the program. */
public final class DemoModel {
  private static final List<String> MODEL_FILES =
      List.of("config.json", "model.safetensors", "tokenizer.json");
  private static final String CALIBRATION = "calibration.txt";
  private static final String EVALUATION = "evaluation.txt";

  private DemoModel() {}

  /**
   * Where the demo lies once it is unpacked.
   *
   * @param model checkpoint folder: 1.0 million parameters in 4 blocks, BF16
   * @param calibration plain English, some 20 KB
   * @param evaluation plain English, some 20 KB, other subjects
   */
  public record Unpacked(Path model, Path calibration, Path evaluation) {}

  /** Unpacks model and texts into a folder. */
  public static Unpacked unpack(Path folder) {
    Path model = folder.resolve("model");
    try {
      Files.createDirectories(model);
      for (String file : MODEL_FILES) {
        copy(file, model);
      }
      copy(CALIBRATION, folder);
      copy(EVALUATION, folder);
    } catch (IOException e) {
      throw new AwpException(folder + ": the demo cannot be unpacked: " + e.getMessage(), e);
    }
    return new Unpacked(model, folder.resolve(CALIBRATION), folder.resolve(EVALUATION));
  }

  private static void copy(String resource, Path folder) throws IOException {
    try (InputStream content = DemoModel.class.getResourceAsStream(resource)) {
      if (content == null) {
        throw new IllegalStateException("the program lacks its resource " + resource);
      }
      Files.copy(content, folder.resolve(resource));
    }
  }
}
