// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp;

/**
 * Bad input or a failed step, told in one sentence that names the file, the tensor, the value and
 * the rule, on one line and in plain characters. The command line prints the message and exits with
 * code 1; nothing half-written bears the name of an output.
 */
public final class AwpException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public AwpException(String message) {
    super(PlainText.of(message));
  }

  public AwpException(String message, Throwable cause) {
    super(PlainText.of(message), cause);
  }
}
