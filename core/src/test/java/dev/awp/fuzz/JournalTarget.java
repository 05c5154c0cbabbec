// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compress.run.JournalDoor;
import dev.awp.compute.Compute;
import dev.awp.disk.Journal;
import dev.awp.report.ReportFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What an unfinished run left: records of any content with the right checksums. */
final class JournalTarget implements FuzzTarget {
  @Override
  public String name() {
    return "journal";
  }

  @Override
  public Mutation mutation() {
    return new LineMutation(
        new JsonMutation(List.of("begin", "layer", "kind", "../../../outside", "offset")));
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    Path records = Files.createDirectories(folder.resolve("run.partial")).resolve("journal");
    Path model = SmallModels.compressed(folder, "--bits", "4");
    List<String> seed = JournalDoor.records(ReportFile.read(model).layers().getFirst());
    return new Prepared(
        records,
        List.of(String.join("\n", seed).getBytes(StandardCharsets.UTF_8)),
        () -> read(records, folder.resolve("run")));
  }

  private static void read(Path file, Path output) throws IOException {
    List<String> records =
        new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    Journal.open(file).close(); // as it is: no line has a checksum
    try (Journal journal = Journal.open(file)) {
      records.forEach(journal::append);
    }
    JournalDoor.read(output);
  }
}
