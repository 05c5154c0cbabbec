// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.torture;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.fixture.ByteTokenizerJson;
import dev.awp.text.Tokenizers;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Texts on which the tokenizer library ends its process: expressions whose matches take more than
 * ten million retries.
 */
final class HostileTexts {
  /** As Llama 3 splits. */
  private static final String LLAMA3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final String EXPONENTIAL = "((a+)+)+!";

  private HostileTexts() {}

  private static void split(Path tokenizer, String pattern) throws IOException {
    ByteTokenizerJson.write(tokenizer);
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = (ObjectNode) json.readTree(tokenizer.toFile());
    ObjectNode steps = json.createObjectNode().put("type", "Sequence");
    ObjectNode split = steps.putArray("pretokenizers").addObject().put("type", "Split");
    split.putObject("pattern").put("Regex", pattern);
    split.put("behavior", "Isolated").put("invert", false);
    steps.withArray("pretokenizers").add(root.path("pre_tokenizer"));
    root.set("pre_tokenizer", steps);
    json.writeValue(tokenizer.toFile(), root);
  }

  /** A run of spaces has its tokens; what takes too many tries is told in one sentence. */
  static String runs(Path folder, int spaces) throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve("tokenizer.json");
    split(file, LLAMA3);
    int tokens;
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      tokens = tokenizer.encode(" ".repeat(spaces) + "x").length;
    }
    split(file, EXPONENTIAL);
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      int[] read = tokenizer.encode("a".repeat(3_000_000));
      throw new AssertionError(read.length + " tokens");
    } catch (AwpException e) {
      if (!e.getMessage().startsWith(file + ": the tokenizer library has ended on a text of")) {
        throw new AssertionError(e);
      }
    }
    return "%d spaces: %d tokens; 3000000 letters and %s: one sentence"
        .formatted(spaces, tokens, EXPONENTIAL);
  }

  /** A run that is killed leaves no process behind that tokenizes for it. */
  static String orphans(Victim victim) throws IOException, InterruptedException {
    Path file = victim.model().resolveSibling("tokenizer.json");
    byte[] good = Files.readAllBytes(file);
    split(file, "(?:a|b)+?x"); // of a form that is not judged
    try {
      Process run = victim.start().process();
      List<ProcessHandle> helpers = List.of();
      while (helpers.isEmpty() && !run.waitFor(1, TimeUnit.MILLISECONDS)) {
        helpers = run.descendants().toList();
      }
      if (helpers.isEmpty()) {
        throw new AssertionError("there was no process for the tokenizer");
      }
      run.destroyForcibly().waitFor();
      for (ProcessHandle helper : helpers) {
        helper.onExit().orTimeout(1, TimeUnit.MINUTES).join();
      }
      return "killed while a process of its own tokenized: it is gone too";
    } finally {
      Files.write(file, good);
    }
  }
}
