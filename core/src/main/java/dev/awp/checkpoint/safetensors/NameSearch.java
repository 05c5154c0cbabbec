// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import dev.awp.AwpException;
import dev.awp.config.ModelConfig;
import dev.awp.config.TensorNames;
import dev.awp.stored.TensorView;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds what the language model's tensors are called by the one of the embeddings: models that also
 * see hold it under other names in each version of transformers.
 */
record NameSearch(ModelConfig config, Map<String, TensorView> tensors) {
  private static final Pattern HEAD = Pattern.compile("((?:.*\\.)?lm_head)\\.[^.]+");

  TensorNames names() {
    TensorNames usual = config.names();
    if (tensors.containsKey(usual.embedding())) {
      return usual;
    }
    String embeddings = usual.embeddings();
    Pattern embedding = Pattern.compile("(|.*\\.)%s\\.[^.]+".formatted(embeddings));
    List<String> decoders = matches(embedding).filter(this::hasBlocks).toList();
    if (decoders.size() > 1) {
      List<Long> shape = List.of((long) config.vocabularySize(), (long) config.hiddenSize());
      List<String> all = decoders;
      decoders =
          decoders.stream()
              .filter(decoder -> tensors.containsKey(decoder + embeddings + ".weight"))
              .filter(d -> tensors.get(d + embeddings + ".weight").shape().equals(shape))
              .toList();
      if (decoders.size() != 1) {
        throw new AwpException(
            "%s: several modules could be the language model: %s"
                .formatted(config.file().getParent(), all));
      }
    }
    return decoders.isEmpty() ? usual : usual.below(decoders.getFirst(), head(decoders.getFirst()));
  }

  private boolean hasBlocks(String decoder) {
    return tensors.keySet().stream().anyMatch(name -> name.startsWith(decoder + "layers.0."));
  }

  /** The one module of that name; where there is none, the one that there would be. */
  private String head(String decoder) {
    List<String> heads = matches(HEAD).toList();
    String sibling =
        decoder.endsWith("model.") && !decoder.endsWith("language_model.")
            ? decoder.substring(0, decoder.length() - "model.".length()) + "lm_head"
            : "lm_head";
    return heads.size() == 1 ? heads.getFirst() : sibling;
  }

  private Stream<String> matches(Pattern pattern) {
    return tensors.keySet().stream()
        .map(pattern::matcher)
        .filter(Matcher::matches)
        .map(match -> match.group(1))
        .distinct();
  }
}
