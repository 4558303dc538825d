// SPDX-License-Identifier: Apache-2.0
import java.io.FileReader;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.eclipse.dataspacetck.core.spi.boot.Monitor;
import org.eclipse.dataspacetck.core.system.ConsoleMonitor;
import org.eclipse.dataspacetck.dsp.system.DspSystemLauncher;
import org.eclipse.dataspacetck.runtime.TckRuntime;

// Runs the official kit's tests against the connector that the properties file names: RunKit FILE [NAME…]
// A NAME is the beginning of a test's display name ("CN:01"). Prints each failure and one line of totals;
// the exit code is 0 only if something ran and nothing failed.
public final class RunKit {
    private RunKit() {
    }

    public static void main(String[] args) throws Exception {
        var properties = new Properties();
        try (var reader = new FileReader(args[0])) {
            properties.load(reader);
        }
        Map<String, String> settings = new HashMap<>();
        properties.forEach((key, value) -> settings.put(key.toString(), value.toString()));

        Monitor monitor = new ConsoleMonitor(Boolean.parseBoolean(settings.get("dataspacetck.debug")), false);
        var builder = TckRuntime.Builder.newInstance()
                .properties(settings)
                .addPackage("org.eclipse.dataspacetck.dsp.verification")
                .monitor(monitor)
                .launcher(DspSystemLauncher.class);
        if (args.length > 1) {
            builder.displayNameMatching(name -> {
                for (int i = 1; i < args.length; ++i) {
                    if (name.startsWith(args[i])) {
                        return true;
                    }
                }
                return false;
            });
        }
        Awaitility.setDefaultPollDelay(Duration.ZERO);  // how often the kit looks; what it looks for is its own
        Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
        long begin = System.nanoTime();
        var summary = builder.build().execute();
        double seconds = (System.nanoTime() - begin) / 1e9;

        var failures = new TreeMap<String, Throwable>();
        summary.getFailures().forEach(f -> failures.put(f.getTestIdentifier().getDisplayName(), f.getException()));
        var out = new PrintWriter(System.out);
        failures.forEach((name, why) -> {
            out.println("FAILED " + name);
            if (why != null) {
                out.println("       " + String.valueOf(why.getMessage()).replaceAll("\\s+", " "));
            }
        });
        out.printf("kit: %d passed, %d failed, %d skipped, %.1f s%n", summary.getTestsSucceededCount(),
                summary.getTotalFailureCount(), summary.getTestsSkippedCount(), seconds);
        out.flush();
        boolean good = summary.getTestsSucceededCount() > 0 && summary.getTotalFailureCount() == 0;
        System.exit(good ? 0 : 1);
    }
}
