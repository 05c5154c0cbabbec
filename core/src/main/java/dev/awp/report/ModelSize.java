// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

/**
 * What a model takes, its codes packed.
 *
 * @param bytes of all of its tensors
 * @param bytesPerToken of those that every generated token reads: all but an embedding that is no
 *     output head, and of a mixture as many experts as a token is sent to
 */
public record ModelSize(long bytes, long bytesPerToken) {
  /** Of what comparisons of earlier versions have not counted. */
  public static final ModelSize UNKNOWN = new ModelSize(0, 0);
}
