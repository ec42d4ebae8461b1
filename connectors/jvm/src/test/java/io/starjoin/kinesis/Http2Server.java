package io.starjoin.kinesis;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * HTTP/2 with TLS, with ALPN or assumed as the SDK does it for Kinesis, and nothing else. One
 * thread serves everything, the calls too; and a call may be broken in each of the ways in which
 * HTTP/2 and TCP break one.
 */
final class Http2Server implements AutoCloseable {

  private static final int FRAME_BYTES = 16 * 1024;

  private final NioEventLoopGroup thread = new NioEventLoopGroup(1);
  private final Consumer<Call> service;
  private final SslContext tls;
  private final Channel listening;
  private final Set<Channel> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicLong sentBytes = new AtomicLong();
  private volatile boolean deaf;

  /**
   * @param service answers calls, in the server's thread
   */
  Http2Server(SelfSigned certificate, Consumer<Call> service) throws Exception {
    this.service = service;
    this.tls =
        SslContextBuilder.forServer(certificate.keys())
            .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    ApplicationProtocolNames.HTTP_2))
            .build();
    this.listening =
        new ServerBootstrap()
            .group(thread)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    accept(connection);
                  }
                })
            .bind(SelfSigned.HOST, 0)
            .sync()
            .channel();
  }

  private void accept(Channel connection) {
    accepted.incrementAndGet();
    connections.add(connection);
    connection.closeFuture().addListener(closed -> connections.remove(connection));
    connection.config().setAutoRead(!deaf);
    connection.pipeline().addLast(tls.newHandler(connection.alloc()), new Negotiated());
  }

  private final class Negotiated extends ApplicationProtocolNegotiationHandler {
    Negotiated() {
      // As Kinesis has it: the SDK does not negotiate with it.
      super(ApplicationProtocolNames.HTTP_2);
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext context, String protocol) {
      if (!protocol.equals(ApplicationProtocolNames.HTTP_2)) {
        throw new IllegalStateException("SubscribeToShard exists over HTTP/2 only");
      }
      Http2FrameCodec codec = Http2FrameCodecBuilder.forServer().build();
      context
          .pipeline()
          .addLast(
              codec,
              new Http2MultiplexHandler(
                  new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                      stream.pipeline().addLast(new Call((Http2StreamChannel) stream, codec));
                    }
                  }));
    }
  }

  String address() {
    return "https://"
        + SelfSigned.HOST
        + ":"
        + ((InetSocketAddress) listening.localAddress()).getPort();
  }

  int connections() {
    return connections.size();
  }

  int accepted() {
    return accepted.get();
  }

  /** Of the answers' bodies, as far as flow control has let them go. */
  long sentBytes() {
    return sentBytes.get();
  }

  /** From now on nothing is read, not even pings: what a network does that swallows packets. */
  void setDeaf(boolean deaf) {
    this.deaf = deaf;
    connections.forEach(connection -> connection.config().setAutoRead(!deaf));
  }

  void execute(Runnable task) {
    thread.execute(task);
  }

  void everyFewMillis(Runnable task) {
    thread.scheduleWithFixedDelay(task, 2, 2, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    listening.close();
    connections.forEach(Channel::close);
    thread.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** A request, which is a stream of its connection, and how it is answered. */
  final class Call extends ChannelInboundHandlerAdapter {

    private final Http2StreamChannel stream;
    private final Http2FrameCodec codec;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private Http2Headers headers;
    private long queuedBytes;
    private Runnable whenOver = () -> {};

    private Call(Http2StreamChannel stream, Http2FrameCodec codec) {
      this.stream = stream;
      this.codec = codec;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
      if (frame instanceof Http2HeadersFrame first) {
        headers = first.headers();
        end(first.isEndStream());
      } else if (frame instanceof Http2DataFrame data) {
        byte[] bytes = new byte[data.content().readableBytes()];
        data.content().readBytes(bytes);
        body.writeBytes(bytes);
        data.release();
        end(data.isEndStream());
      }
    }

    private void end(boolean isComplete) {
      if (isComplete) {
        service.accept(this);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      whenOver.run();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close(); // the client's reset, which is normal
    }

    String header(String name) {
      return headers.get(name).toString();
    }

    byte[] body() {
      return body.toByteArray();
    }

    Channel connection() {
      return stream.parent();
    }

    /** The stream has ended, in whichever way. */
    void whenOver(Runnable task) {
      whenOver = task;
    }

    void begin(int status, String contentType, String date) {
      stream.write(
          new DefaultHttp2HeadersFrame(
              new DefaultHttp2Headers()
                  .status(Integer.toString(status))
                  .set("content-type", contentType)
                  .set("date", date)));
    }

    void write(byte[] bytes) {
      for (int from = 0; from < bytes.length; from += FRAME_BYTES) {
        ByteBuf part =
            Unpooled.wrappedBuffer(bytes, from, Math.min(FRAME_BYTES, bytes.length - from));
        int size = part.readableBytes();
        queuedBytes += size;
        stream
            .write(new DefaultHttp2DataFrame(part))
            .addListener(
                written -> {
                  queuedBytes -= size;
                  if (written.isSuccess()) {
                    sentBytes.addAndGet(size);
                  }
                });
      }
      stream.flush();
    }

    void finish() {
      stream.writeAndFlush(new DefaultHttp2DataFrame(true));
    }

    void reset() {
      stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
    }

    /**
     * @param served the connection's streams up to this one go on
     */
    void goAway(boolean served) {
      codec.goAway(
          codecContext(),
          served ? stream.stream().id() : 0,
          Http2Error.NO_ERROR.code(),
          Unpooled.EMPTY_BUFFER,
          stream.parent().newPromise());
      stream.parent().flush();
    }

    private ChannelHandlerContext codecContext() {
      return stream.parent().pipeline().context(codec);
    }

    /** Also bytes that have been written, and no farewell of TLS. */
    void cutConnection() {
      stream.parent().unsafe().closeForcibly();
    }

    /** Whether all that was written has been sent. */
    boolean isSent() {
      return queuedBytes == 0;
    }

    /** Whether flow control holds back what was written. */
    boolean isHeldBack() {
      Http2Stream state = codec.connection().stream(stream.stream().id());
      return queuedBytes > 0
          && state != null
          && codec.connection().remote().flowController().windowSize(state) <= 0;
    }
  }
}
