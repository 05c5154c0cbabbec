// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * What the tensors of a language model are called on disk. Models that also see hold it under a
 * name of its own, which has changed between versions of transformers.
 *
 * @param decoder what the names of embedding, blocks and final norm begin with, such as "model."
 * @param embeddings module of the embeddings, below that
 * @param head module of the output head, such as "lm_head"
 * @param expertsApart whether each expert lies by itself, though the architecture may have those of
 *     a block together
 */
public record TensorNames(String decoder, String embeddings, String head, boolean expertsApart) {
  private static final String DECODER = "model.";
  private static final String EMBEDDINGS = "embed_tokens";
  private static final String HEAD = "lm_head";

  /** The usual ones below a decoder. */
  public TensorNames(String decoder, String head) {
    this(decoder, EMBEDDINGS, head, false);
  }

  /** Those of a model whose every name begins with a prefix, which may be empty. */
  public static TensorNames under(String prefix) {
    return new TensorNames(prefix + DECODER, prefix + HEAD);
  }

  /** The same under other modules. */
  public TensorNames below(String otherDecoder, String otherHead) {
    return new TensorNames(otherDecoder, embeddings, otherHead, expertsApart);
  }

  /** The same with each expert by itself. */
  public TensorNames withExpertsApart() {
    return new TensorNames(decoder, embeddings, head, true);
  }

  public String embedding() {
    return decoder + embeddings + ".weight";
  }

  /** The norm behind the last block by its module. */
  public String finalNorm(String module) {
    return decoder + module + ".weight";
  }

  /** What the names of a block's tensors begin with. */
  public String block(int index) {
    return decoder + "layers." + index + ".";
  }

  public String headTensor() {
    return head + ".weight";
  }

  /** Whether a tensor or module is of the language model. */
  public boolean has(String name) {
    return name.startsWith(decoder) || name.equals(head) || name.startsWith(head + ".");
  }

  /**
   * The name that a tensor or module of the language model has in a model of nothing else; any
   * other stays.
   */
  public String alone(String name) {
    if (name.startsWith(decoder)) {
      return DECODER + name.substring(decoder.length());
    }
    return has(name) ? HEAD + name.substring(head.length()) : name;
  }

  /** Whether these are the names of a model of nothing else. */
  public boolean areUsual() {
    return decoder.equals(DECODER) && head.equals(HEAD);
  }
}
