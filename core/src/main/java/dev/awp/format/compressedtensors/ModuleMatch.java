// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.compressedtensors;

import dev.awp.config.TensorNames;

/**
 * How readers find a module by its name. In a model that does more than text the modules of a
 * loaded model have other names than the tensors on disk, and each version of transformers has its
 * own: there the names are patterns ("re:"), which readers match from the beginning on.
 */
record ModuleMatch(TensorNames names) {
  private static final String ROOT = "model.";

  /** What stands for a module in "ignore" and "targets". */
  String of(String module) {
    if (names.areUsual()) {
      return module;
    }
    if (!names.has(module)) {
      return module.equals(TensorNames.under("").head()) ? head() : other(module);
    }
    String alone = names.alone(module);
    return alone.startsWith(ROOT)
        ? "re:.*%s%s$".formatted(decoder(), escaped(alone.substring(ROOT.length())))
        : head();
  }

  private static String head() {
    return "re:.*lm_head$";
  }

  /** The module that holds the blocks, with "model" before it, behind it, or nowhere. */
  private String decoder() {
    String holder = names.decoder();
    if (!holder.endsWith(ROOT) && holder.indexOf('.') == holder.length() - 1) {
      // Transformers gives the one module of such files its usual name.
      return "(%s|model\\.)".formatted(escaped(holder));
    }
    String last =
        holder.endsWith("." + ROOT) ? holder.substring(0, holder.length() - ROOT.length()) : holder;
    String bare = last.startsWith(ROOT) ? last.substring(ROOT.length()) : last;
    return escaped(bare) + "(model\\.)?";
  }

  /** A module beside the text model. */
  private static String other(String module) {
    String bare = module.startsWith(ROOT) ? module.substring(ROOT.length()) : module;
    return "re:(model\\.)?%s$".formatted(escaped(bare));
  }

  private static String escaped(String name) {
    return name.replaceAll("([^A-Za-z0-9_])", "\\\\$1");
  }
}
