// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.checkpoint.OutputFolder;
import dev.awp.format.FormatWriter;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.model.WeightSource;
import dev.awp.solver.Solution;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that a run writes: one model in the output folder, or one in a sub-folder for each of
 * several formats. What is read back is the first.
 */
final class ModelOutput implements AutoCloseable {
  private final OutputFolder folder;
  private final List<FormatWriter> writers;

  private ModelOutput(OutputFolder folder, List<FormatWriter> writers) {
    this.folder = folder;
    this.writers = writers;
  }

  /**
   * Begins the output.
   *
   * @param folder must not exist, or be empty
   * @param formats one or more
   * @param version of the program
   */
  static ModelOutput create(
      Path folder, List<OutputFormat> formats, ModelPlan plan, Kernels kernels, String version) {
    ModelOutput output = new ModelOutput(OutputFolder.create(folder), new ArrayList<>());
    try {
      for (OutputFormat format : formats) {
        Path own = output.workFolder();
        if (formats.size() > 1) {
          own = Files.createDirectory(own.resolve(format.name()));
        }
        output.writers.add(format.create(own, plan, kernels, version));
      }
      return output;
    } catch (IOException e) {
      output.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      output.close();
      throw e;
    }
  }

  /** The folder in which everything lies until {@link #commit}. */
  Path workFolder() {
    return folder.workFolder();
  }

  void write(LinearLayer layer, Solution solution) {
    writers.forEach(writer -> writer.write(layer, solution));
  }

  /** The written model, as {@link FormatWriter#read}. */
  WeightSource read(Arena arena) {
    return writers.getFirst().read(arena);
  }

  void writeBehind() {
    writers.forEach(FormatWriter::writeBehind);
  }

  /** Makes everything durable and gives the folder its final name. */
  void commit() {
    writers.forEach(FormatWriter::finish);
    folder.commit();
  }

  @Override
  public void close() {
    try (folder) {
      writers.forEach(FormatWriter::close);
    }
  }
}
