// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compute.Compute;
import dev.awp.text.reader.Documents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A calibration text of JSON lines. */
final class TextTarget implements FuzzTarget {
  @Override
  public String name() {
    return "text";
  }

  @Override
  public Mutation mutation() {
    return new LineMutation(new JsonMutation(List.of("text", "\ufeff", "\u2028")));
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    String seed =
        """
        {"text": "A text of some words."}
        {"id": 7, "text": "Another \\u00e9 \\ud83e\\udd99", "meta": {"a": [1, 2]}}

        {"text": ""}
        """;
    Path file = Files.createDirectories(folder.resolve("texts")).resolve("text.jsonl");
    return new Prepared(
        file,
        List.of(seed.getBytes(StandardCharsets.UTF_8)),
        () -> {
          var _ = Documents.read(file, Optional.empty(), _ -> {});
        });
  }
}
