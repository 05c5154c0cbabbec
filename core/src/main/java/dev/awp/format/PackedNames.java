// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import dev.awp.model.LinearLayer;

/** Names of the tensors of a packed layer, as GPTQ and AutoAWQ have them. */
final class PackedNames {
  private PackedNames() {}

  static String weight(LinearLayer layer) {
    return layer.name() + ".qweight";
  }

  static String zeros(LinearLayer layer) {
    return layer.name() + ".qzeros";
  }

  static String scales(LinearLayer layer) {
    return layer.name() + ".scales";
  }

  static String groupIndex(LinearLayer layer) {
    return layer.name() + ".g_idx";
  }
}
