// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compute.Compute;
import dev.awp.fixture.ByteTokenizerJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** tokenizer.json, which a native library reads. */
final class TokenizerJsonTarget implements FuzzTarget {
  private static final List<String> WORDS =
      List.of(
          "BPE",
          "WordPiece",
          "Unigram",
          "WordLevel",
          "ByteLevel",
          "TemplateProcessing",
          "Sequence",
          "Split",
          "Metaspace",
          "NFC",
          "Replace",
          "Regex",
          "(a+)+$",
          "vocab",
          "merges",
          "a b",
          "added_tokens",
          "post_processor",
          "normalizer",
          "Precompiled",
          "precompiled_charsmap",
          "decoder",
          "Truncate",
          "Fuse",
          "ByteFallback",
          "unk_token",
          "<s>");

  @Override
  public String name() {
    return "tokenizer-json";
  }

  @Override
  public Mutation mutation() {
    return new JsonMutation(WORDS);
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    Path file = Files.createDirectories(folder.resolve("json")).resolve("tokenizer.json");
    ByteTokenizerJson.write(file);
    return new Prepared(
        file, List.of(Files.readAllBytes(file)), () -> SentencePieceTarget.read(file.getParent()));
  }
}
