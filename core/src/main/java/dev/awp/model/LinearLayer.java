// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

/**
 * A linear layer y = W x, of a decoder block or behind the last one.
 *
 * @param name module name, such as "model.layers.0.self_attn.q_proj"
 * @param block index of its block; the head's is the number of blocks, the embedding's {@link
 *     ModelLayout#BEFORE}
 * @param site where its inputs come from
 * @param rows dOut
 * @param columns dIn
 */
public record LinearLayer(String name, int block, InputSite site, int rows, int columns) {
  /** The step that the layer is in. */
  public Step step() {
    return site.step();
  }

  /** dOut dIn^2: what a product with C costs, and so the layer's share of the time. */
  public long multiplyAdds() {
    return (long) rows * columns * columns;
  }

  /**
   * Whether its columns are an inner width of a feed-forward layer: zeros in, zeros out, and
   * nothing else sees them.
   */
  public boolean takesInnerWidth() {
    return site.part().elementwise();
  }

  /** Name of the weight tensor, [dOut, dIn]. */
  public String weight() {
    return name + ".weight";
  }

  /** Name of the bias tensor, [dOut]. */
  public String bias() {
    return name + ".bias";
  }
}
