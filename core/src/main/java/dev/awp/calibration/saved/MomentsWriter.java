// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import dev.awp.calibration.SecondMoment;
import dev.awp.safetensors.CheckpointWriter;
import dev.awp.stored.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;

/** Writes the sums of sites, in any order; the folder appears when all are there. */
final class MomentsWriter implements AutoCloseable {
  private final CheckpointWriter writer;

  private MomentsWriter(CheckpointWriter writer) {
    this.writer = writer;
  }

  /**
   * Begins a folder.
   *
   * @param folder must not exist, or be empty
   * @param columns of every site, by its name
   * @param awp version of the program
   */
  static MomentsWriter create(
      Path folder, SortedMap<String, Integer> columns, MomentsIdentity identity, String awp) {
    List<TensorSpec> specs =
        columns.entrySet().stream()
            .flatMap(
                site ->
                    MomentsFile.tensors(site.getKey(), SecondMoment.rowStart(site.getValue()))
                        .stream())
            .toList();
    return new MomentsWriter(
        CheckpointWriter.create(folder, specs, Long.MAX_VALUE, identity.toMetadata(awp)));
  }

  /** A folder for what must not become part of the output, on the same disk. */
  Path scratchFolder() {
    return writer.scratchFolder();
  }

  /**
   * Writes a site.
   *
   * @param everyToken whether it is of an expert and saw tokens that are not routed to it
   */
  void write(String site, SecondMoment moment, boolean everyToken) {
    writer.write(site, moment.sums(site));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment weight = arena.allocate(Double.BYTES);
      weight.set(MomentsFile.SUM, 0, moment.weight());
      writer.write(MomentsFile.weight(site), weight);
      MemorySegment count = arena.allocate(2L * Long.BYTES);
      count.set(MomentsFile.COUNT, 0, moment.tokens());
      count.set(MomentsFile.COUNT, Long.BYTES, everyToken ? 1 : 0);
      writer.write(MomentsFile.count(site), count);
    }
  }

  void commit() {
    writer.commit();
  }

  @Override
  public void close() {
    writer.close();
  }
}
