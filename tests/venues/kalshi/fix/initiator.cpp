// A QuickFIX initiator that does as it is told, for tests: `initiator SETTINGS FLAGS`.
//
// FLAGS are further fields of its logon, `21005=Y|8013=Y`. A logon has to be signed: it prints `sign TEXT` and waits
// for `signature BASE64`. Other lines on its standard input:
//   say 35=D|11=a|...   send this message          number N   the next one has this number
//   logout              say goodbye             expect N   it believes that this number comes next
// It prints `logon`, `logout`, and `in MESSAGE` for everything that it was sent, with | between the fields.
#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/Message.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketInitiator.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

// Puts the fields of `35=D|11=a` into a message; type and marks into its header.
void put(FIX::Message& message, const std::string& text) {
  std::istringstream fields(text);
  std::string field;
  while (std::getline(fields, field, '|')) {
    const size_t at = field.find('=');
    const int tag = std::stoi(field.substr(0, at));
    if (tag == 35) message.getHeader().setField(tag, field.substr(at + 1));
    else message.setField(tag, field.substr(at + 1));
  }
}

class Customer : public FIX::Application {
 public:
  explicit Customer(const std::string& flags) : flags_(flags) {}

  void onCreate(const FIX::SessionID& id) { session = FIX::Session::lookupSession(id); }
  void onLogon(const FIX::SessionID&) { said("logon"); }
  void onLogout(const FIX::SessionID&) { said("logout"); }
  void toApp(FIX::Message&, const FIX::SessionID&) throw(FIX::DoNotSend) {}

  void toAdmin(FIX::Message& message, const FIX::SessionID&) {
    const FIX::Header& header = message.getHeader();
    if (header.getField(35) != "A") return;
    put(message, flags_);
    std::string text = header.getField(52);
    for (int tag : {35, 34, 49, 56}) text += "|" + header.getField(tag);
    std::unique_lock<std::mutex> lock(mutex_);
    signature_.clear();
    said("sign " + text);
    signed_.wait(lock, [this] { return !signature_.empty(); });
    message.setField(95, std::to_string(signature_.size()));
    message.setField(96, signature_);
  }

  void fromAdmin(const FIX::Message& message, const FIX::SessionID&)
      throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::RejectLogon) {
    heard(message);
  }

  void fromApp(const FIX::Message& message, const FIX::SessionID&)
      throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::UnsupportedMessageType) {
    heard(message);
  }

  void sign(const std::string& signature) {
    std::lock_guard<std::mutex> lock(mutex_);
    signature_ = signature;
    signed_.notify_all();
  }

  // What it believes comes next; the session counts a message only behind the call that tells of it.
  void expect(int number) {
    while (session->getExpectedTargetNum() <= latest_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    session->setNextTargetMsgSeqNum(number);
  }

  FIX::Session* session = nullptr;

 private:
  void heard(const FIX::Message& message) {
    latest_ = std::stoi(message.getHeader().getField(34));
    std::string text = message.toString();
    std::replace(text.begin(), text.end(), '\001', '|');
    said("in " + text);
  }

  void said(const std::string& what) { std::cout << what + "\n" << std::flush; }

  const std::string flags_;
  std::string signature_;
  std::atomic<int> latest_{0};
  std::mutex mutex_;
  std::condition_variable signed_;
};

int main(int, char** arguments) {
  FIX::SessionSettings settings(arguments[1]);
  Customer customer(arguments[2]);
  FIX::FileStoreFactory stores(settings);
  FIX::SocketInitiator initiator(customer, stores, settings);
  initiator.start();
  std::string line;
  while (std::getline(std::cin, line)) {  // it ends with whoever started it
    const std::string verb = line.substr(0, line.find(' ')), rest = line.substr(std::min(line.size(), verb.size() + 1));
    if (verb == "signature") customer.sign(rest);
    if (verb == "number") customer.session->setNextSenderMsgSeqNum(std::stoi(rest));
    if (verb == "expect") customer.expect(std::stoi(rest));
    if (verb == "logout") customer.session->logout();
    if (verb == "say") {
      FIX::Message message;
      put(message, rest);
      FIX::Session::sendToTarget(message, customer.session->getSessionID());
    }
  }
  initiator.stop(true);
  return 0;
}
