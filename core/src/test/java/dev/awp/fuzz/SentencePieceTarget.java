// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compute.Compute;
import dev.awp.text.Tokenizers;
import dev.awp.tokenizer.Tokenizer;
import dev.awp.tokenizer.sentencepiece.SentencePieceTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** tokenizer.model. */
final class SentencePieceTarget implements FuzzTarget {
  private static final String TEXT =
      " The heron  sold a wooden box: Gr\u00fc\u00dfe \uD83E\uDD99 <s>\n";

  @Override
  public String name() {
    return "tokenizer-model";
  }

  @Override
  public Mutation mutation() {
    return new ByteMutation(List.of("<0x00>", "<unk>", "\u2581", "identity"));
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    for (String name : List.of("bpe-bytes", "bpe-unknown", "unigram", "unigram-suffix")) {
      String resource = name + ".model.base64";
      try (InputStream content = SentencePieceTokenizer.class.getResourceAsStream(resource)) {
        seeds.add(Base64.getMimeDecoder().decode(content.readAllBytes()));
      }
    }
    Path file = Files.createDirectories(folder.resolve("model")).resolve("tokenizer.model");
    return new Prepared(file, seeds, () -> read(file.getParent()));
  }

  /** Opens a folder's tokenizer, and takes a text there and back. */
  static void read(Path folder) {
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      var _ = tokenizer.decode(tokenizer.encode(TEXT));
    }
  }
}
