// SPDX-License-Identifier: Apache-2.0
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.edc.connector.controlplane.asset.spi.domain.Asset;
import org.eclipse.edc.connector.controlplane.transfer.spi.flow.DataFlowController;
import org.eclipse.edc.connector.controlplane.transfer.spi.flow.DataFlowManager;
import org.eclipse.edc.connector.controlplane.transfer.spi.types.DataFlowResponse;
import org.eclipse.edc.connector.controlplane.transfer.spi.types.TransferProcess;
import org.eclipse.edc.edr.spi.store.EndpointDataReferenceStore;
import org.eclipse.edc.policy.model.Policy;
import org.eclipse.edc.runtime.metamodel.annotation.Inject;
import org.eclipse.edc.spi.response.StatusResult;
import org.eclipse.edc.spi.system.ServiceExtension;
import org.eclipse.edc.spi.system.ServiceExtensionContext;
import org.eclipse.edc.spi.types.domain.DataAddress;
import org.jetbrains.annotations.NotNull;

// EDC has no public endpoint for HTTP-pull of its own since its data plane left the repository: this is the smallest one. It
// serves the text of the asset's data address under a token a transfer, until the transfer is suspended or ends.
public final class PullDataPlane implements ServiceExtension, DataFlowController {
    private static final String EDC = "https://w3id.org/edc/v0.0.1/ns/";
    private final Map<String, String> textByToken = new ConcurrentHashMap<>();
    private final Map<String, String> tokenByTransfer = new ConcurrentHashMap<>();
    private String endpoint;

    @Inject
    private DataFlowManager flows;

    @Inject
    private EndpointDataReferenceStore edrs;

    @Override
    public void initialize(ServiceExtensionContext context) {
        try {
            int port = Integer.parseInt(context.getConfig().getString("weir.data.port"));
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
            server.createContext("/public", exchange -> {
                String field = exchange.getRequestHeaders().getFirst("Authorization");
                String text = field == null ? null : textByToken.get(field.replaceFirst("^Bearer ", ""));
                byte[] body = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(text == null ? 403 : 200, text == null ? -1 : body.length);
                if (text != null) {
                    exchange.getResponseBody().write(body);
                }
                exchange.close();
            });
            // What came to this connector as consumer: /edr/TRANSFER_PROCESS answers endpoint and token, a line each.
            server.createContext("/edr", exchange -> {
                String id = exchange.getRequestURI().getPath().substring("/edr/".length());
                DataAddress address = edrs.resolveByTransferProcess(id).orElse(failure -> null);
                String text = address == null ? "" : address.getStringProperty(EDC + "endpoint", address.getStringProperty("endpoint"))
                        + "\n" + address.getStringProperty(EDC + "authorization", address.getStringProperty("authorization")) + "\n"
                        + address.getProperties() + "\n";
                byte[] body = text.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(address == null ? 404 : 200, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
            endpoint = "http://127.0.0.1:" + port + "/public";
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        flows.register(100, this);
    }

    @Override
    public boolean canHandle(TransferProcess transfer) {
        return true;
    }

    @Override
    public StatusResult<DataFlowResponse> prepare(TransferProcess transfer, Policy policy) {
        return StatusResult.success(DataFlowResponse.Builder.newInstance().build());
    }

    @Override
    public @NotNull StatusResult<DataFlowResponse> start(TransferProcess transfer, Policy policy) {
        String token = UUID.randomUUID().toString();
        textByToken.put(token, String.valueOf(transfer.getContentDataAddress().getStringProperty("text")));
        tokenByTransfer.put(transfer.getId(), token);
        DataAddress address = DataAddress.Builder.newInstance()
                .type("https://w3id.org/idsa/v4.1/HTTP")
                .property(EDC + "endpoint", endpoint)
                .property(EDC + "authType", "bearer")
                .property(EDC + "authorization", token)
                .build();
        return StatusResult.success(DataFlowResponse.Builder.newInstance().dataAddress(address).build());
    }

    @Override
    public StatusResult<Void> suspend(TransferProcess transfer) {
        return terminate(transfer);
    }

    @Override
    public StatusResult<Void> terminate(TransferProcess transfer) {
        String token = tokenByTransfer.remove(transfer.getId());
        if (token != null) {
            textByToken.remove(token);
        }
        return StatusResult.success();
    }

    @Override
    public Set<String> transferTypesFor(Asset asset) {
        return Set.of("HttpData-PULL");
    }
}
