// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.saved.MomentsManifest.FileSum;
import dev.awp.disk.DiskSpace;
import dev.awp.disk.Folders;
import dev.awp.disk.Journal;
import dev.awp.disk.OutputFolder;
import dev.awp.disk.OutputPlace;
import dev.awp.disk.Sha256;
import dev.awp.safetensors.ShardSet;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes a folder of moments, a file a block, with a journal of the finished ones: what is there
 * survives the process, and the next writer of the same moments goes on after it. The folder gets
 * its name when all are there.
 */
public final class MomentsWriter implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final OutputFolder folder;
  private final Journal journal;
  private final MomentsManifest manifest;
  private final SortedMap<Integer, SortedMap<String, Integer>> columns;
  private final SortedMap<String, FileSum> finished = new TreeMap<>();

  private MomentsWriter(
      OutputFolder folder,
      Journal journal,
      MomentsManifest manifest,
      SortedMap<Integer, SortedMap<String, Integer>> columns) {
    this.folder = folder;
    this.journal = journal;
    this.manifest = manifest;
    this.columns = columns;
  }

  /** A finished block. */
  private record Entry(String file, FileSum sum) {}

  /** What becomes of unfinished moments. */
  public enum Start {
    /** They are gone on with, where they are the same; else they are refused. */
    CONTINUE,
    /** They are thrown away. */
    RESTART
  }

  /**
   * Begins a folder, or goes on with an unfinished one.
   *
   * @param output must not exist, or be empty
   * @param manifest without files
   * @param columns of every site, by its name, by block
   * @throws AwpException where the disk has no room, and where another process is at work
   */
  public static MomentsWriter open(
      Path output,
      MomentsManifest manifest,
      SortedMap<Integer, SortedMap<String, Integer>> columns,
      Start start) {
    OutputPlace place = OutputPlace.folder(output);
    OutputFolder folder = OutputFolder.open(place);
    try {
      if (start == Start.RESTART) {
        folder.clear(Optional.empty());
      }
      Journal journal = Journal.open(folder.journal());
      MomentsWriter writer = new MomentsWriter(folder, journal, manifest, columns);
      try {
        writer.goOn();
        return writer;
      } catch (RuntimeException e) {
        journal.close();
        throw e;
      }
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private void goOn() {
    List<String> records = journal.records();
    if (!records.isEmpty() && !records.getFirst().equals(manifest.toLine())) {
      folder.keep();
      throw new AwpException(
          "%s holds unfinished statistics that differ (%s); remove it, or --restart begins anew"
              .formatted(folder.scratchFolder(), difference(records.getFirst())));
    }
    for (String record : records.subList(Math.min(1, records.size()), records.size())) {
      Entry entry = entry(record);
      if (isThere(entry)) {
        finished.put(entry.file(), entry.sum());
      }
    }
    folder.clear(Optional.of(List.copyOf(finished.keySet())));
    if (!finished.isEmpty()) {
      folder.keep();
    }
    long needed =
        columns.entrySet().stream()
            .filter(block -> !isFinished(block.getKey()))
            .mapToLong(block -> MomentsFile.bytes(manifest.kind(), block.getValue()))
            .sum();
    DiskSpace.check(folder.workFolder(), needed, DiskSpace.free(folder.workFolder()));
    if (records.isEmpty()) {
      folder.force();
      journal.append(manifest.toLine());
    }
  }

  private String difference(String earlier) {
    return MomentsManifest.ofLine(earlier)
        .map(
            then ->
                then.identity()
                    .differenceFrom(manifest.identity())
                    .map("they are "::concat)
                    .orElseGet(
                        () -> "%s then, %s now".formatted(then.origins(), manifest.origins())))
        .orElse("another version of awp wrote them");
  }

  private Entry entry(String record) {
    try {
      return JSON.readValue(record, Entry.class);
    } catch (JsonProcessingException e) {
      throw new AwpException(
          folder.journal()
              + ": another version of awp wrote it; remove it, or --restart begins anew",
          e);
    }
  }

  private boolean isThere(Entry entry) {
    Path file = folder.workFolder().resolve(entry.file());
    try {
      return Files.exists(file)
          && Files.size(file) == entry.sum().bytes()
          && Sha256.of(file).equals(entry.sum().sha256());
    } catch (IOException e) {
      return false; // it is written again
    }
  }

  /** A folder for what must not become part of the output, on the same disk. */
  public Path scratchFolder() {
    return folder.scratchFolder();
  }

  /** Whether an earlier writer finished a block. */
  public boolean isFinished(int block) {
    return finished.containsKey(MomentsFile.of(block));
  }

  /** Begins the file of a block. */
  public BlockFile begin(int block) {
    return new BlockFile(MomentsFile.of(block), columns.get(block));
  }

  /** The moments of a block's sites, in any order. */
  public final class BlockFile implements AutoCloseable {
    private final String name;
    private final ShardSet shards;

    private BlockFile(String name, SortedMap<String, Integer> sites) {
      this.name = name;
      this.shards =
          ShardSet.single(
              folder.workFolder(), name, MomentsFile.tensors(manifest.kind(), sites), metadata());
    }

    /**
     * Writes a site.
     *
     * @param everyToken whether it is of an expert and saw tokens that are not routed to it
     */
    void write(String site, SecondMoment moment, boolean everyToken) {
      write(site, moment.sums(site), moment.weight(), moment.tokens(), everyToken);
    }

    /**
     * Writes a site of which only the diagonal is known.
     *
     * @param squares sum of w_i x_i^2, one an input
     * @param weight sum of w_i
     * @param tokens of a weight above 0
     */
    public void writeDiagonal(String site, double[] squares, double weight, long tokens) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment sums = arena.allocate((long) squares.length * Double.BYTES);
        for (int i = 0; i < squares.length; i++) {
          sums.set(MomentsFile.SUM, (long) i * Double.BYTES, squares[i]);
        }
        write(site, sums, weight, tokens, false);
      }
    }

    private void write(
        String site, MemorySegment sums, double weight, long tokens, boolean everyToken) {
      shards.write(site, sums);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment number = arena.allocate(Double.BYTES);
        number.set(MomentsFile.SUM, 0, weight);
        shards.write(MomentsFile.weight(site), number);
        MemorySegment count = arena.allocate(2L * Long.BYTES);
        count.set(MomentsFile.COUNT, 0, tokens);
        count.set(MomentsFile.COUNT, Long.BYTES, everyToken ? 1 : 0);
        shards.write(MomentsFile.count(site), count);
      }
    }

    /**
     * All sites are written: from here on the block is there.
     *
     * @param check refuses a block whose inputs have changed meanwhile
     */
    public void finish(Runnable check) {
      shards.finish();
      Path file = folder.workFolder().resolve(name);
      check.run();
      try {
        Entry entry = new Entry(name, new FileSum(Files.size(file), Sha256.of(file)));
        journal.append(JSON.writeValueAsString(entry));
        finished.put(name, entry.sum());
        folder.keep();
      } catch (IOException e) {
        throw Folders.unwritable(file, e);
      }
    }

    @Override
    public void close() {
      shards.close();
    }
  }

  /** For whoever finds one of the files alone. */
  private SortedMap<String, String> metadata() {
    SortedMap<String, String> words = new TreeMap<>();
    words.put("awp.statistics.version", manifest.version());
    words.put("awp.statistics.kind", manifest.kind().name());
    words.put("awp.statistics.model", manifest.identity().model());
    return Collections.unmodifiableSortedMap(words);
  }

  /** Gives the folder its name. */
  public void commit() {
    List<String> missing = new ArrayList<>();
    columns.keySet().stream()
        .filter(block -> !isFinished(block))
        .map(MomentsFile::of)
        .forEach(missing::add);
    if (!missing.isEmpty()) {
      throw new IllegalStateException("blocks were not written: " + missing);
    }
    manifest.with(finished).write(folder.workFolder());
    folder.commit();
  }

  @Override
  public void close() {
    try (folder) {
      journal.close();
    }
  }
}
