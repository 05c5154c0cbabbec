// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

import dev.awp.model.LinearLayer;

/** Names of the tensors of a packed layer, as GPTQ and AutoAWQ have them. */
public final class PackedNames {
  private PackedNames() {}

  public static String weight(LinearLayer layer) {
    return layer.name() + ".qweight";
  }

  public static String zeros(LinearLayer layer) {
    return layer.name() + ".qzeros";
  }

  public static String scales(LinearLayer layer) {
    return layer.name() + ".scales";
  }

  public static String groupIndex(LinearLayer layer) {
    return layer.name() + ".g_idx";
  }
}
