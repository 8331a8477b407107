// A server whose ack means: committed to a database. Its handler is a coroutine that waits for a
// transaction; one thread commits all that waits in one, so that many clients share its cost.
#include <roger/address.hpp>
#include <roger/server.hpp>
#include <roger/signals.hpp>

#include <asio.hpp>

#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sqlite3.h>

/// A table of messages, for one thread at a time.
class Database {
public:
    explicit Database(char const* path) {
        sqlite3* opened = nullptr;
        int const error = sqlite3_open(path, &opened);
        connection_.reset(opened);
        if (error != SQLITE_OK) {
            fail();
        }
        execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE IF NOT EXISTS messages (sender TEXT, text BLOB)");
        sqlite3_stmt* insert = nullptr;
        sqlite3_prepare_v2(opened, "INSERT INTO messages VALUES (?, ?)", -1, &insert, nullptr);
        insert_.reset(insert);
    }

    void begin() { execute("BEGIN"); }
    void commit() { execute("COMMIT"); }
    void roll_back() { sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr); }

    void insert(roger::Batch const& batch) {
        for (roger::Message const& message : batch) {
            std::string const sender = to_string(message.from());
            sqlite3_bind_text64(insert_.get(), 1, sender.data(), sender.size(), SQLITE_TRANSIENT,
                                SQLITE_UTF8);
            sqlite3_bind_blob64(insert_.get(), 2, message.text.data(), message.text.size(),
                                SQLITE_STATIC);
            bool const inserted = sqlite3_step(insert_.get()) == SQLITE_DONE;
            sqlite3_reset(insert_.get());
            if (!inserted) {
                fail();
            }
        }
    }

private:
    template <auto function>
    struct With {
        void operator()(auto* object) const { function(object); }
    };

    void execute(char const* sql) {
        if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
            fail();
        }
    }

    [[noreturn]] void fail() { throw std::runtime_error(sqlite3_errmsg(connection_.get())); }

    std::unique_ptr<sqlite3, With<sqlite3_close>> connection_;
    std::unique_ptr<sqlite3_stmt, With<sqlite3_finalize>> insert_;
};

/// Group commit: while one transaction is being written, the batches for the next one gather.
class Store {
public:
    explicit Store(char const* path) : database_(path) {}

    /// Returns when the batch is committed.
    roger::Task<void> keep(roger::Batch const& batch) {
        auto const enqueue = [&](auto handler) {
            std::lock_guard const lock(mutex_);
            waiting_.push_back({&batch, std::move(handler)});
            if (waiting_.size() == 1) {
                asio::post(writer_, [this] { commit(); });
            }
        };
        auto const error =
            co_await asio::async_initiate<void(std::string)>(enqueue, asio::deferred);
        if (!error.empty()) {
            throw roger::Refused("not stored: " + error);  // and the server goes on
        }
    }

    /// Waits for what is being committed.
    void finish() { writer_.join(); }

private:
    struct Waiting {
        roger::Batch const* batch;
        asio::any_completion_handler<void(std::string)> committed;
    };

    void commit() {
        std::vector<Waiting> transaction;
        {
            std::lock_guard const lock(mutex_);
            transaction.swap(waiting_);
        }
        std::string error;
        try {
            database_.begin();
            for (Waiting const& waiting : transaction) {
                database_.insert(*waiting.batch);
            }
            database_.commit();
        } catch (std::exception const& failure) {
            error = failure.what();
            database_.roll_back();
        }
        for (Waiting& waiting : transaction) {
            asio::dispatch(asio::append(std::move(waiting.committed), error));
        }
    }

    Database database_;
    std::mutex mutex_;
    std::vector<Waiting> waiting_;
    asio::thread_pool writer_{1};  // destroyed first: no commit() is left then
};

int main(int argc, char* argv[]) try {
    if (argc > 3) {
        std::cerr << "usage: sqlite [ADDRESS [FILE]]\n";
        return 2;
    }
    Store store(argc > 2 ? argv[2] : "messages.db");
    roger::ServerOptions options;
    options.addresses = {roger::parse_address(argc > 1 ? argv[1] : "localhost:51717")};
    options.on_started = [](std::vector<roger::Address> const& addresses) {
        for (roger::Address const& address : addresses) {
            std::cerr << "listening on " << to_string(address) << '\n';
        }
    };
    roger::Server server(options, [&](roger::Batch const& batch) { return store.keep(batch); });
    roger::Signals const signals(server);
    roger::ServerResult const result = server.run();
    store.finish();  // so that nothing comes for a server that is being destroyed
    if (!result.failure.empty()) {
        std::cerr << result.failure << '\n';
    }
    return result.success() ? 0 : 1;
} catch (std::exception const& error) {
    std::cerr << "sqlite: " << error.what() << '\n';
    return 1;
}
