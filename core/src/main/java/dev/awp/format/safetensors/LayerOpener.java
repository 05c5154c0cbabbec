// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.safetensors;

import dev.awp.model.LinearLayer;
import dev.awp.stored.StoredTensor;

/** How packed layers of a checkpoint are opened. */
public interface LayerOpener {
  /** The name of a tensor that every packed layer has. */
  String codes(LinearLayer layer);

  /** Opens a layer; AwpException where its tensors break the format's rules. */
  StoredTensor open(LinearLayer layer);
}
