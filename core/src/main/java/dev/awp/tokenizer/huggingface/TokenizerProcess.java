// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import dev.awp.AwpException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * A process that tokenizes for another one, so that only it is gone where the library panics. It
 * reads a tokenizer.json and then texts and tokens from its standard input, and answers on its
 * standard output; it ends when the other process does.
 */
public final class TokenizerProcess {
  static final int TEXT = 0;
  static final int TEXT_WITH_SPECIAL = 1;
  static final int TOKENS = 2;

  private TokenizerProcess() {}

  public static void main(String[] arguments) throws IOException {
    ProcessHandle.current().parent().ifPresent(TokenizerProcess::endWith);
    PrintStream answers = System.out;
    System.setOut(System.err); // for whatever the library may say
    try (DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(answers))) {
      serve(in, out);
    }
  }

  /** Also while the library is at work, and nothing is read. */
  private static void endWith(ProcessHandle parent) {
    var _ = parent.onExit().thenRun(() -> Runtime.getRuntime().halt(1));
  }

  private static void serve(DataInputStream in, DataOutputStream out) throws IOException {
    try (TokenIds ids = NativeTokenIds.open(in.readNBytes(in.readInt()))) {
      out.writeBoolean(true);
      while (true) {
        out.flush();
        answer(in.readUnsignedByte(), in, ids, out);
      }
    } catch (EOFException _) {
      // The other side has no more questions.
    } catch (AwpException e) {
      out.writeBoolean(false);
      writeText(out, String.valueOf(e.getMessage()));
    }
  }

  private static void answer(int kind, DataInputStream in, TokenIds ids, DataOutputStream out)
      throws IOException {
    if (kind == TOKENS) {
      String text = ids.decode(readTokens(in));
      out.writeBoolean(true);
      writeText(out, text);
      return;
    }
    int[] tokens;
    try {
      tokens = ids.encode(readText(in), kind == TEXT_WITH_SPECIAL);
    } catch (RuntimeException e) {
      throw new AwpException(String.valueOf(e.getMessage()), e);
    }
    out.writeBoolean(true);
    writeTokens(out, tokens);
  }

  static String readText(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  static void writeText(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static int[] readTokens(DataInputStream in) throws IOException {
    int[] tokens = new int[in.readInt()];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = in.readInt();
    }
    return tokens;
  }

  static void writeTokens(DataOutputStream out, int[] tokens) throws IOException {
    out.writeInt(tokens.length);
    for (int token : tokens) {
      out.writeInt(token);
    }
  }
}
