// A QuickFIX acceptor that takes every order, for tests: `acceptor SETTINGS`.
//
// Orders rest until they are cancelled or replaced. The market's name tells it to misbehave:
//   HANGUP   break the connection          LOGOUT   say goodbye
//   SKIP     use up two numbers unsaid     FILL     match the whole order
#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/Log.h>
#include <quickfix/Message.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>

#include <iostream>
#include <map>
#include <string>

class Desk : public FIX::Application {
 public:
  void onCreate(const FIX::SessionID&) {}
  void onLogon(const FIX::SessionID&) { said("logon"); }
  void onLogout(const FIX::SessionID&) { said("logout"); }
  void toAdmin(FIX::Message&, const FIX::SessionID&) {}
  void toApp(FIX::Message&, const FIX::SessionID&) throw(FIX::DoNotSend) {}

  void fromAdmin(const FIX::Message& message, const FIX::SessionID&)
      throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::RejectLogon) {
    said("admin " + message.getHeader().getField(35));
  }

  void fromApp(const FIX::Message& message, const FIX::SessionID& id)
      throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::UnsupportedMessageType) {
    const std::string kind = message.getHeader().getField(35);
    const std::string name = message.getField(11), market = message.getField(55);
    said("app " + kind + " " + name);
    FIX::Session* session = FIX::Session::lookupSession(id);
    if (market == "SKIP") session->setNextSenderMsgSeqNum(session->getExpectedSenderNum() + 2);
    const std::string before = message.isSetField(41) ? message.getField(41) : "";
    if (kind == "D") {
      sizes_[name] = message.getField(38);
      report(id, message, "0", "0", name, "", "0", sizes_[name]);
      if (market == "FILL") report(id, message, "F", "2", name, "", sizes_[name], "0");
    } else if (sizes_.count(before) == 0) {
      refuse(id, message, name, before);
    } else if (kind == "F") {
      report(id, message, "4", "4", name, before, "0", "0");
      sizes_.erase(before);
    } else {
      sizes_.erase(before);
      sizes_[name] = message.getField(38);
      report(id, message, "5", "0", name, before, "0", sizes_[name]);
    }
    if (market == "HANGUP") session->disconnect();
    if (market == "LOGOUT") session->logout("enough");
  }

 private:
  void report(const FIX::SessionID& id, const FIX::Message& order, const std::string& kind, const std::string& status,
              const std::string& name, const std::string& before, const std::string& matched, const std::string& rest) {
    FIX::Message said;
    said.getHeader().setField(35, "8");
    said.setField(37, "id-of-" + (before.empty() ? name : before));
    said.setField(11, name);
    if (!before.empty()) said.setField(41, before);
    said.setField(17, "1;" + std::to_string(++events_));
    said.setField(150, kind);
    said.setField(39, status);
    said.setField(54, order.getField(54));
    said.setField(55, order.getField(55));
    said.setField(151, rest);
    said.setField(14, matched);
    said.setField(6, matched == "0" ? "0" : order.getField(44));
    said.setField(38, kind == "4" ? sizes_[before] : sizes_[name]);
    if (kind == "F") {
      said.setField(31, order.getField(44));
      said.setField(32, matched);
      said.setField(880, "match-" + name);
    }
    FIX::Session::sendToTarget(said, id);
  }

  void refuse(const FIX::SessionID& id, const FIX::Message&, const std::string& name, const std::string& before) {
    FIX::Message said;
    said.getHeader().setField(35, "9");
    said.setField(37, "NONE");
    said.setField(11, name);
    said.setField(41, before);
    said.setField(39, "8");
    said.setField(434, "1");
    said.setField(102, "1");
    FIX::Session::sendToTarget(said, id);
  }

  void said(const std::string& what) { std::cout << what << std::endl; }

  std::map<std::string, std::string> sizes_;
  int events_ = 0;
};

int main(int, char** arguments) {
  FIX::SessionSettings settings(arguments[1]);
  Desk desk;
  FIX::FileStoreFactory stores(settings);
  FIX::SocketAcceptor acceptor(desk, stores, settings);
  acceptor.start();
  std::cout << "ready" << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {  // it ends with whoever started it
  }
  acceptor.stop(true);
  return 0;
}
