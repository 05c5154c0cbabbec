// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a tokenizer.model holds (sentencepiece_model.proto), as far as encoding needs it.
 *
 * @param unigram whether the best segmentation is searched; else pairs are merged
 * @param byteFallback whether what is unknown becomes bytes
 * @param spaceBehind whether spaces belong to the word before them
 * @param addSpace whether a text gets a space in front (or behind)
 * @param removeExtraSpaces whether spaces at the ends and beside others are dropped
 * @param escapeSpaces whether pieces have U+2581 for spaces
 * @param begin name of the piece that begins texts
 * @param end name of the piece that ends texts
 */
record SentencePieceModel(
    Pieces pieces,
    boolean unigram,
    boolean byteFallback,
    boolean spaceBehind,
    boolean addSpace,
    boolean removeExtraSpaces,
    boolean escapeSpaces,
    String begin,
    String end) {
  /** The largest published vocabularies take five megabytes. */
  private static final long LARGEST_FILE = 256L << 20;

  private static final int LARGEST_VOCABULARY = 1 << 22;

  /** Reads and checks a file. */
  static SentencePieceModel read(Path file) {
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw new AwpException(file + ": not a SentencePiece model: it is above 256 MiB");
      }
      return new Fields(file).read(new ProtobufReader(file, Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The fields while they are read, with the defaults of the format. */
  private static final class Fields {
    private final Path file;
    private final List<Pieces.Piece> pieces = new ArrayList<>();
    private long modelType = 1;
    private boolean byteFallback;
    private boolean spaceBehind;
    private boolean addSpace = true;
    private boolean removeExtraSpaces = true;
    private boolean escapeSpaces = true;
    private String begin = "<s>";
    private String end = "</s>";
    private String normalizer = "";

    private Fields(Path file) {
      this.file = file;
    }

    private SentencePieceModel read(ProtobufReader model) {
      while (model.next()) {
        if (model.is(1, ProtobufReader.BYTES)) {
          pieces.add(piece(model.message()));
          if (pieces.size() > LARGEST_VOCABULARY) {
            throw new AwpException(file + ": more than " + LARGEST_VOCABULARY + " pieces");
          }
        } else if (model.is(2, ProtobufReader.BYTES)) {
          readTrainer(model.message());
        } else if (model.is(3, ProtobufReader.BYTES)) {
          readNormalizer(model.message());
        } else {
          model.skip();
        }
      }
      if (modelType != 1 && modelType != 2) {
        throw new AwpException(
            file + ": model type " + modelType + " is not supported, only unigram and BPE are");
      }
      return new SentencePieceModel(
          new Pieces(pieces, byteFallback, file),
          modelType == 1,
          byteFallback,
          spaceBehind,
          addSpace,
          removeExtraSpaces,
          escapeSpaces,
          begin,
          end);
    }

    private Pieces.Piece piece(ProtobufReader fields) {
      String text = "";
      float score = 0;
      long type = 1;
      while (fields.next()) {
        if (fields.is(1, ProtobufReader.BYTES)) {
          text = fields.text();
        } else if (fields.is(2, ProtobufReader.FIXED32)) {
          score = fields.float32();
        } else if (fields.is(3, ProtobufReader.VARINT)) {
          type = fields.varint();
        } else {
          fields.skip();
        }
      }
      return new Pieces.Piece(text, score, Pieces.Type.of(type, file));
    }

    private void readTrainer(ProtobufReader fields) {
      while (fields.next()) {
        if (fields.is(3, ProtobufReader.VARINT)) {
          modelType = fields.varint();
        } else if (fields.is(24, ProtobufReader.VARINT)) {
          spaceBehind = fields.flag();
        } else if (fields.is(35, ProtobufReader.VARINT)) {
          byteFallback = fields.flag();
        } else if (fields.is(46, ProtobufReader.BYTES)) {
          begin = fields.text();
        } else if (fields.is(47, ProtobufReader.BYTES)) {
          end = fields.text();
        } else {
          fields.skip();
        }
      }
    }

    private void readNormalizer(ProtobufReader fields) {
      boolean rules = false;
      while (fields.next()) {
        if (fields.is(1, ProtobufReader.BYTES)) {
          normalizer = fields.text();
        } else if (fields.is(2, ProtobufReader.BYTES)) {
          rules |= fields.size() > 0;
        } else if (fields.is(3, ProtobufReader.VARINT)) {
          addSpace = fields.flag();
        } else if (fields.is(4, ProtobufReader.VARINT)) {
          removeExtraSpaces = fields.flag();
        } else if (fields.is(5, ProtobufReader.VARINT)) {
          escapeSpaces = fields.flag();
        } else {
          fields.skip();
        }
      }
      if (rules) {
        throw new AwpException(
            "%s: its normalizer '%s' is not supported, only identity is; save the tokenizer with transformers to get a tokenizer.json"
                .formatted(file, normalizer));
      }
    }
  }
}
