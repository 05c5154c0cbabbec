// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

/** Found through ServiceLoader: a library that can stand behind {@link Blas}. */
public interface BlasProvider {
  /** The word for {@code -Dawp.blas}, such as "openblas". */
  String name();

  /**
   * Loads the library.
   *
   * @throws UnavailableException with the reason, in one sentence, where it cannot be had here
   */
  Blas load() throws UnavailableException;

  /** Why a library cannot be used on this machine. */
  final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnavailableException(String message) {
      super(message);
    }

    public UnavailableException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
