// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.AwpException;
import dev.awp.disk.OutputFolder;
import dev.awp.disk.OutputPlace;
import dev.awp.disk.WrittenPiece;
import dev.awp.format.FormatWriter;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.model.WeightSource;
import dev.awp.solver.Solution;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that a run writes: one model in the output folder, or one in a sub-folder for each of
 * several formats. What is read back is the first.
 */
public final class ModelOutput implements AutoCloseable {
  private final OutputFolder folder;
  private final boolean owned;
  private final List<Part> parts = new ArrayList<>();
  private final List<WrittenPiece> pieces = new ArrayList<>();
  private final WriteBehind behind = new WriteBehind();

  /**
   * One model.
   *
   * @param prefix of its files' paths in the output folder
   */
  private record Part(String prefix, FormatWriter writer) {
    private WrittenPiece outside(WrittenPiece piece) {
      return piece.withFile(prefix + piece.file());
    }

    private List<WrittenPiece> inside(List<WrittenPiece> all) {
      return all.stream()
          .filter(piece -> piece.file().startsWith(prefix))
          .map(piece -> piece.withFile(piece.file().substring(prefix.length())))
          .toList();
    }
  }

  private ModelOutput(OutputFolder folder, boolean owned) {
    this.folder = folder;
    this.owned = owned;
  }

  /**
   * Begins an output that nobody will go on with.
   *
   * @param folder must not exist, or be empty
   * @param formats one or more
   * @param version of the program
   */
  public static ModelOutput create(
      Path folder, List<OutputFormat> formats, ModelPlan plan, Kernels kernels, String version) {
    ModelOutput output = new ModelOutput(OutputFolder.create(OutputPlace.folder(folder)), true);
    output.begin(formats, plan, kernels, version);
    return output;
  }

  /**
   * Begins an output, or goes on with one.
   *
   * @param folder stays open when this is closed
   */
  public static ModelOutput create(
      OutputFolder folder,
      List<OutputFormat> formats,
      ModelPlan plan,
      Kernels kernels,
      String version) {
    ModelOutput output = new ModelOutput(folder, false);
    output.begin(formats, plan, kernels, version);
    return output;
  }

  private void begin(List<OutputFormat> formats, ModelPlan plan, Kernels kernels, String version) {
    try {
      for (OutputFormat format : formats) {
        String prefix = formats.size() > 1 ? format.name() + "/" : "";
        Path own = Files.createDirectories(workFolder().resolve(prefix));
        parts.add(new Part(prefix, format.create(own, plan, kernels, version)));
      }
    } catch (IOException e) {
      close();
      throw new AwpException(workFolder() + ": cannot be written: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** The folder in which everything lies until {@link #commit}. */
  public Path workFolder() {
    return folder.workFolder();
  }

  /** A folder for what must not become part of the output, on the same disk. */
  public Path scratchFolder() {
    return folder.scratchFolder();
  }

  public void write(LinearLayer layer, Solution solution) {
    for (Part part : parts) {
      part.writer().write(layer, solution).forEach(piece -> pieces.add(part.outside(piece)));
    }
  }

  /** Where all lies that was written since the last call. */
  List<WrittenPiece> takePieces() {
    List<WrittenPiece> taken = List.copyOf(pieces);
    pieces.clear();
    return taken;
  }

  /** Takes all layers as not written that are not saved yet, so that they can be written anew. */
  public void reopen() {
    parts.forEach(part -> part.writer().reopen(part.inside(pieces)));
    pieces.clear();
  }

  /**
   * Whether a layer that an earlier run wrote is there, to the byte.
   *
   * @param saved what {@link #takePieces} gave then
   */
  boolean holds(List<WrittenPiece> saved) {
    return parts.stream().allMatch(part -> part.writer().holds(part.inside(saved)));
  }

  /** Takes a layer as written that is {@linkplain #holds there}. */
  void restore(List<WrittenPiece> saved) {
    parts.forEach(part -> part.writer().restore(part.inside(saved)));
  }

  /** The written model, as {@link FormatWriter#read}. */
  public WeightSource read(Arena arena) {
    return parts.getFirst().writer().read(arena);
  }

  /**
   * Sends to the disk, in the background, what was written so far, and then does something else. A
   * failure is thrown by the next call of this, of {@link #flush} or of {@link #commit}.
   *
   * @param then what may only happen when all of it is on the disk; on another thread
   */
  void writeBehind(Runnable then) {
    behind.submit(
        () -> {
          parts.forEach(part -> part.writer().force());
          then.run();
        });
  }

  /** Waits until what {@link #writeBehind} was to do is done. */
  public void flush() {
    behind.await();
  }

  /** Makes everything durable and gives the folder its final name. */
  public void commit() {
    flush();
    parts.forEach(part -> part.writer().finish());
    folder.commit();
  }

  @Override
  public void close() {
    try {
      behind.close();
      parts.forEach(part -> part.writer().close());
    } finally {
      if (owned) {
        folder.close();
      }
    }
  }
}
