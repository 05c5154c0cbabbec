// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.fixture.ByteTokenizerJson;
import dev.awp.fixture.ForkedJvm;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.net.Proxy;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library that reads tokenizer.json connects to its makers' servers unless it is told. */
class NoNetworkTest {
  @TempDir private Path folder;

  /** Prints every address that is to be connected to, and refuses. */
  static final class Refusing extends URLStreamHandler {
    @Override
    protected URLConnection openConnection(URL address) throws IOException {
      System.out.println(address);
      throw new IOException("no network");
    }

    @Override
    protected URLConnection openConnection(URL address, Proxy proxy) throws IOException {
      return openConnection(address);
    }
  }

  /** Opens a tokenizer, in a JVM where nothing has opened one before. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) {
      URL.setURLStreamHandlerFactory(
          protocol -> protocol.startsWith("http") ? new Refusing() : null);
      try (Tokenizer tokenizer = HuggingFaceTokenizerFile.open(Path.of(arguments[0]))) {
        System.out.println(tokenizer.encode("abc").length + " tokens");
      }
    }
  }

  @Test
  void openingTokenizerConnectsNowhere() throws Exception {
    ByteTokenizerJson.write(folder.resolve("tokenizer.json"));
    ForkedJvm.Result result =
        ForkedJvm.run(List.of(), Probe.class, folder.resolve("tokenizer.json").toString());
    assertEquals(List.of("4 tokens"), result.lines(), result.errors());
  }
}
